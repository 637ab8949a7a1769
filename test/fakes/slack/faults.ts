import type { Fields } from './calls.ts'

/** What goes wrong with a call. */
export type Fault =
  | { status: 429; retryAfterSeconds: number }
  | { status: 500 | 502 | 503 }
  /** Slack's own refusal, with status 200. */
  | { error: string }
  /** The connection breaks before Slack does anything. */
  | { reset: true }
  /** Slack does it, but the connection breaks before its answer. */
  | { lost: true }
  /** Slack does it once this settles. */
  | { after: Promise<unknown> }

interface Planned {
  readonly method: string
  readonly fault: Fault
  readonly concerns: (args: Fields) => boolean
  timesLeft: number
}

/** What the test has planned to go wrong. */
export class Faults {
  private planned: Planned[] = []

  plan(method: string, fault: Fault, times: number, concerns: Planned['concerns']): void {
    if (method === 'response_url' && !('status' in fault)) {
      throw new Error('A response_url fails with a status only.')
    }
    this.planned.push({ method, fault, concerns, timesLeft: times })
  }

  take(method: string, args: Fields): Fault | undefined {
    const next = this.planned.find((plan) => plan.method === method && plan.concerns(args))
    if (next === undefined) return undefined
    next.timesLeft -= 1
    if (next.timesLeft === 0) this.planned = this.planned.filter((plan) => plan !== next)
    return next.fault
  }

  clear(): void {
    this.planned = []
  }
}
