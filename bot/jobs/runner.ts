import { setTimeout as delay } from 'node:timers/promises'
import { type JobResult, type JobWithMetadata, PgBoss } from 'pg-boss'
import type postgres from 'postgres'
import type { CreditLedger } from '../../src/credits.ts'
import { type Logger, maskSecrets } from '../log.ts'
import type { JobsState, QueueState } from '../services.ts'
import { endsWithin } from '../../src/time-limit.ts'
import { jobsConnection } from './connection.ts'
import { keyedId } from '../keyed-id.ts'
import type { NewJob, Queue, QueueSettings, StoredJob } from './queue.ts'
import { inTransaction } from './transaction.ts'

export interface RunnerOptions {
  readonly ledger: CreditLedger
  readonly logger: Logger
  /** How long an attempt may take, and a killed server's jobs wait for another. Default: 30 s. */
  readonly attemptSeconds?: number | undefined
}

/** Each job of a batch has an outcome of its own. */
const WORK_TERMS = {
  localConcurrency: 2,
  pollingIntervalSeconds: 1,
  burstWhenBatchFull: true,
  perJobResults: true,
  includeMetadata: true,
} as const

/** A schema of its own: the ledger's migrations and the jobs' never meet. */
export const JOBS_SCHEMA = 'agent_credits_jobs'

/** What could not be done is copied there. */
const GIVEN_UP = 'given-up'

const ATTEMPT_SECONDS = 30
const CONNECTIONS = 4
/** How often what a killed server left is looked for, and the queues are counted. */
const SUPERVISE_SECONDS = 10
const FIRST_PAUSE_SECONDS = 2
const LONGEST_PAUSE_SECONDS = 600
/** With those pauses some six hours: longer than most outages. */
const RETRIES = 40
const KEPT_SECONDS = 7 * 86_400
/** What waits for longer, over and over, waits for nothing. */
const LONGEST_IN_LINE_MS = 14 * 86_400_000
const START_AGAIN_MS = 5_000
const SEND_WAITS_MS = 10_000
const STOP_WITHIN_MS = 12_000

/**
 * Jobs in the ledger's database, in a schema and on a small pool of their own. Any number of servers share them. It
 * uses nothing that lasts longer than a transaction, so it works through PgBouncer's transaction mode; others are not
 * told of new jobs, but look every second.
 */
export class JobRunner {
  /** After that an attempt has ended, or is another's. */
  readonly attemptSeconds: number
  private readonly options: RunnerOptions
  private readonly logger: Logger
  private readonly boss: PgBoss
  private readonly opened = Promise.withResolvers<void>()
  private readonly stopping = new AbortController()
  private readonly openers: (() => Promise<void>)[] = []
  private status: Pick<JobsState, 'status' | 'reason'> = { status: 'starting', reason: undefined }
  private queues: QueueState[] = []
  private givenUp = 0
  private notesGivenUp = false
  private counting: NodeJS.Timeout | undefined
  private starting: Promise<void> | undefined

  constructor(options: RunnerOptions) {
    const { connectionString, leftOut } = jobsConnection(options.ledger.database.url)
    this.options = options
    this.attemptSeconds = options.attemptSeconds ?? ATTEMPT_SECONDS
    this.logger = options.logger
    const superviseSeconds = Math.min(SUPERVISE_SECONDS, this.attemptSeconds)
    if (leftOut > 0) this.logger.warn({ leftOut }, 'The jobs use only the first host of DATABASE_URL')
    this.boss = new PgBoss({
      connectionString,
      schema: JOBS_SCHEMA,
      application_name: 'agent-credits jobs',
      max: CONNECTIONS,
      superviseIntervalSeconds: superviseSeconds,
      monitorIntervalSeconds: superviseSeconds,
      registerInstance: false,
    })
    this.boss.on('error', (error) => this.logger.error({ err: error }, 'The jobs met an error'))
    this.boss.on('warning', ({ message }) =>
      this.logger.warn({ reason: maskSecrets(message) }, 'The jobs warn'),
    )
    // Who sends hears of it; where nobody does, the log says it.
    this.opened.promise.catch(() => {})
  }

  /** Says who does a kind of job. Before `start`. */
  queue<Data extends object>(settings: QueueSettings<Data>): Queue<Data> {
    let workerId: string | undefined
    this.openers.push(async () => {
      await this.openQueue(settings.name, GIVEN_UP, settings.attemptSeconds)
      const terms = { ...WORK_TERMS, batchSize: settings.atOnce / 2 }
      workerId ??= await this.boss.work<StoredJob<Data>, unknown, typeof terms>(
        settings.name,
        terms,
        (jobs) => Promise.all(jobs.map((job) => this.attempt(settings, job))),
      )
      if (settings.schedule !== undefined) await this.boss.schedule(settings.name, settings.schedule, null)
    })
    return {
      send: (jobs, sql) => this.send(settings.name, jobs.map(storedJob), sql),
      wake: () => {
        if (workerId !== undefined && !this.stopping.signal.aborted) this.boss.notifyWorker(workerId)
      },
    }
  }

  /** Begins in the background, and goes on trying while the database cannot be used. */
  start(): void {
    this.starting ??= this.open()
  }

  /** When jobs can be queued. */
  get ready(): Promise<void> {
    return this.opened.promise
  }

  state(): JobsState {
    return { ...this.status, queues: this.queues, givenUp: this.givenUp }
  }

  /** Takes no more jobs; what runs gets time to end, and is given back where it does not. */
  async stop(): Promise<void> {
    this.stopping.abort()
    this.opened.reject(new Error('The jobs were stopped.'))
    await this.starting
    clearInterval(this.counting)
    await this.boss.stop({ timeout: STOP_WITHIN_MS })
  }

  private async open(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.boss.start()
        await this.openQueue(GIVEN_UP)
        for (const openNext of this.openers) await openNext()
        await this.noteGivenUp()
        await this.count()
        this.counting = setInterval(() => void this.count(), SUPERVISE_SECONDS * 1000).unref()
        this.status = { status: 'ready', reason: undefined }
        this.opened.resolve()
        return
      } catch (error) {
        const reason = maskSecrets(error instanceof Error ? error.message : String(error))
        this.status = { status: 'failed', reason }
        this.logger.error({ err: error }, 'The jobs cannot start; trying again')
        // A stop ends the pause.
        await delay(START_AGAIN_MS, undefined, { signal: this.stopping.signal }).catch(() => {})
      }
    }
  }

  private async openQueue(name: string, deadLetter?: string, attemptSeconds?: number): Promise<void> {
    const terms = {
      ...(deadLetter === undefined ? {} : { deadLetter }),
      expireInSeconds: attemptSeconds ?? this.attemptSeconds,
      retryLimit: RETRIES,
      retryDelay: FIRST_PAUSE_SECONDS,
      retryBackoff: true,
      retryDelayMax: LONGEST_PAUSE_SECONDS,
      deleteAfterSeconds: KEPT_SECONDS,
    }
    await this.boss.createQueue(name, terms)
    // One that an older version made keeps its terms otherwise.
    await this.boss.updateQueue(name, terms)
  }

  private async send<Data extends object>(
    queue: string,
    jobs: readonly NewJob<StoredJob<Data>>[],
    sql?: postgres.TransactionSql,
  ): Promise<void> {
    if (!(await endsWithin(this.opened.promise, SEND_WAITS_MS)))
      throw new Error('The jobs have not started yet.')
    await this.opened.promise
    await this.boss.insert(
      queue,
      jobs.map(({ data, key, delayMs = 0 }) => ({
        data,
        ...(key === undefined ? {} : { id: keyedId(queue, key) }),
        ...(delayMs <= 0 ? {} : { startAfter: Math.ceil(delayMs / 1000) }),
      })),
      sql === undefined ? {} : { db: inTransaction(sql, this.options.ledger.database.prepare) },
    )
  }

  private async attempt<Data extends object>(
    { name, logged, work }: QueueSettings<Data>,
    job: JobWithMetadata<StoredJob<Data>>,
  ): Promise<JobResult> {
    // A scheduled one has no data.
    const stored = job.data ?? storedJob({ data: {} as Data }).data
    const isRepeated = stored.isRepeated || job.retryCount > 0
    const fields = { queue: name, jobId: job.id, ...logged(stored.data) }
    try {
      const outcome = await work({
        data: stored.data,
        isRepeated,
        queuedAt: new Date(stored.queuedAt),
        signal: job.signal,
      })
      if (outcome.kind === 'done') return { id: job.id, status: 'completed' }
      if (outcome.kind === 'refused') {
        this.logger.error({ ...fields, reason: outcome.reason }, 'A job was refused, and is given up')
        return { id: job.id, status: 'deadletter', output: { reason: outcome.reason } }
      }
      if (Date.now() - Date.parse(stored.queuedAt) > LONGEST_IN_LINE_MS) {
        this.logger.error(fields, 'A job was put off for too long, and is given up')
        return { id: job.id, status: 'deadletter', output: { reason: 'put off for too long' } }
      }
      // The key is this job's: after a crash before the next line ends, it is queued once all the same.
      await this.send(name, [{ data: { ...stored, isRepeated }, key: job.id, delayMs: outcome.delayMs }])
      return { id: job.id, status: 'completed' }
    } catch (error) {
      this.logger.warn(
        { ...fields, retries: job.retryCount, err: error },
        'A job failed; it will be tried again',
      )
      return {
        id: job.id,
        status: 'failed',
        output: { reason: error instanceof Error ? error.name : 'unknown' },
      }
    }
  }

  /** Counts and logs what was given up, also for a server that was killed. It stays for a week, for people to look at. */
  private async noteGivenUp(): Promise<void> {
    if (this.notesGivenUp) return
    this.notesGivenUp = true
    const terms = { batchSize: 50, includeMetadata: true } as const
    await this.boss.work<object, unknown, typeof terms>(GIVEN_UP, terms, async (jobs) => {
      this.givenUp += jobs.length
      for (const { sourceName, sourceId, sourceRetryCount } of jobs) {
        const fields = { queue: sourceName, jobId: sourceId, retries: sourceRetryCount }
        this.logger.error(fields, 'Gave up a job')
      }
    })
  }

  private async count(): Promise<void> {
    try {
      const queues = await this.boss.getQueues()
      this.queues = queues
        .filter(({ name }) => !name.startsWith('__'))
        .map(({ name, readyCount, deferredCount, activeCount, failedCount }) => ({
          name,
          ready: readyCount,
          deferred: deferredCount,
          active: activeCount,
          failed: failedCount,
        }))
    } catch (error) {
      this.logger.warn({ err: error }, 'The jobs cannot be counted')
    }
  }
}

const storedJob = <Data extends object>({ data, ...options }: NewJob<Data>): NewJob<StoredJob<Data>> => ({
  ...options,
  data: { data, queuedAt: new Date().toISOString(), isRepeated: false },
})
