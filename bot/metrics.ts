import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { CreditLedger } from '../src/credits.ts'
import type { Logger } from './log.ts'
import { LedgerGauges } from './metrics/ledger-gauges.ts'
import type { JobsState } from './services.ts'

/** From what is hardly noticed to what Slack gives up on. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10]

/** Names come from the code, but for Slack's error codes: what looks otherwise is not one. */
const LABEL = /^[a-z0-9_.]{1,60}$/i

/** Routes by name: a label of whatever somebody asks for would grow without end. */
const ROUTES = new Set([
  '/',
  '/healthz',
  '/metrics',
  '/readyz',
  '/slack/events',
  '/slack/install',
  '/slack/oauth_redirect',
  '/webhooks/stripe',
])

/** What this process did, and what the ledger holds, for Prometheus. It names no account and no person. */
export class BotMetrics {
  private readonly registry = new Registry()
  private readonly ledger = new LedgerGauges(this.registry)
  private hasDefaults = false

  private readonly requests = new Histogram({
    name: 'agent_credits_http_request_seconds',
    help: 'Time to answer an HTTP request.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers: [this.registry],
  })

  private readonly acknowledgements = new Histogram({
    name: 'agent_credits_slack_acknowledgement_seconds',
    help: 'Time until a request of Slack was acknowledged; Slack gives up after 3 s.',
    labelNames: ['kind'],
    buckets: SECONDS,
    registers: [this.registry],
  })

  private readonly slackCalls = new Counter({
    name: 'agent_credits_slack_calls_total',
    help: 'Calls to the Slack Web API, by method and outcome: ok, an error of Slack, an HTTP status, or network.',
    labelNames: ['method', 'outcome'],
    registers: [this.registry],
  })

  private readonly refusals = new Counter({
    name: 'agent_credits_refused_requests_total',
    help: 'Requests refused: not signed (signature), or too many of an address (rate_limit).',
    labelNames: ['reason'],
    registers: [this.registry],
  })

  private readonly jobs = new Gauge({
    name: 'agent_credits_jobs',
    help: 'Jobs of all servers, by queue and state.',
    labelNames: ['queue', 'state'],
    registers: [this.registry],
  })

  private readonly jobsGivenUp = new Gauge({
    name: 'agent_credits_jobs_given_up',
    help: 'Jobs that this process saw given up since it started.',
    registers: [this.registry],
  })

  answered(method: string, path: string, status: number, seconds: number): void {
    const route = path.startsWith('/files/') ? '/files' : ROUTES.has(path) ? path : 'other'
    this.requests.observe({ method: labelOf(method), route, status: String(status) }, seconds)
  }

  /** @param kind what Slack sent: `command`, `block_actions`, `event_callback` … */
  acknowledged(kind: string, seconds: number): void {
    this.acknowledgements.observe({ kind: labelOf(kind) }, seconds)
  }

  calledSlack(method: string, outcome: string): void {
    this.slackCalls.inc({ method: labelOf(method), outcome: labelOf(outcome) })
  }

  refused(reason: 'signature' | 'rate_limit'): void {
    this.refusals.inc({ reason })
  }

  /** All of it, as Prometheus reads it. Where the database does not answer, what comes from it is left out. */
  async print(sources: MetricSources): Promise<{ text: string; contentType: string }> {
    // They watch the process from then on; nobody who does not ask pays for that.
    if (!this.hasDefaults) collectDefaultMetrics({ register: this.registry })
    this.hasDefaults = true
    const state = sources.jobs()
    this.jobs.reset()
    for (const queue of state?.queues ?? []) {
      for (const name of ['ready', 'deferred', 'active', 'failed'] as const) {
        this.jobs.set({ queue: queue.name, state: name }, queue[name])
      }
    }
    this.jobsGivenUp.set(state?.givenUp ?? 0)
    await this.ledger.refresh(sources.ledger, sources.logger)
    return { text: await this.registry.metrics(), contentType: this.registry.contentType }
  }
}

export interface MetricSources {
  ledger: CreditLedger
  logger: Logger
  /** Undefined where there are none. */
  jobs: () => JobsState | undefined
}

const labelOf = (text: string): string => (LABEL.test(text) ? text : 'other')
