import type { App, ReceiverEvent } from '@slack/bolt'
import type { BotMetrics } from '../metrics.ts'

/** Measures how long each request of Slack waits for its acknowledgement, whichever way it came. */
export function measureAcknowledgements(app: App, metrics: BotMetrics): void {
  const processEvent = app.processEvent.bind(app)
  app.processEvent = (event: ReceiverEvent) => {
    const startedAt = performance.now()
    const ack: ReceiverEvent['ack'] = (...response) => {
      metrics.acknowledged(kindOf(event.body), (performance.now() - startedAt) / 1000)
      return event.ack(...response)
    }
    return processEvent({ ...event, ack })
  }
}

/** Counts calls to Slack. What it answers is small, so that reading it twice costs nothing. */
export const measuredFetch =
  (metrics: BotMetrics, call: typeof fetch): typeof fetch =>
  async (input, init) => {
    const method = methodOf(input)
    try {
      const response = await call(input, init)
      metrics.calledSlack(method, await outcomeOf(response))
      return response
    } catch (error) {
      metrics.calledSlack(method, 'network')
      throw error
    }
  }

function kindOf({ command, type }: ReceiverEvent['body']): string {
  if (typeof command === 'string') return 'command'
  return typeof type === 'string' ? type : 'other'
}

/** The Web API's method, or `response_url`, which is called without one. */
function methodOf(input: string | URL | Request): string {
  const { pathname } = new URL(input instanceof Request ? input.url : input)
  return /\/api\/([a-zA-Z0-9.]+)$/.exec(pathname)?.[1] ?? 'response_url'
}

async function outcomeOf(response: Response): Promise<string> {
  if (!response.ok) return String(response.status)
  if (!response.headers.get('content-type')?.includes('json')) return 'ok'
  // Whoever made the call meets the same fault, and reports it.
  const answer: unknown = await response
    .clone()
    .json()
    .catch(() => ({ ok: false, error: 'unreadable' }))
  if (typeof answer !== 'object' || answer === null || !('ok' in answer) || answer.ok !== false) return 'ok'
  return 'error' in answer && typeof answer.error === 'string' ? answer.error : 'error'
}
