import type { Changes } from './changes.ts'

export type Fields = Readonly<Record<string, unknown>>

export interface Call {
  readonly method: string
  /** What the bot sent; what came as JSON is decoded. */
  readonly args: Fields
  readonly token: string | undefined
  readonly teamId: string | undefined
  readonly at: Date
  /** Undefined where the call was answered with another status than 200, or not at all. */
  answer: Fields | undefined
}

/** The bot's calls of the Web API, oldest first. */
export class Calls {
  private readonly changes: Changes
  private readonly recorded: Call[] = []
  private readonly readCounts = new Map<string, number>()

  constructor(changes: Changes) {
    this.changes = changes
  }

  record(call: Call): void {
    this.recorded.push(call)
  }

  all(method?: string): readonly Call[] {
    return method === undefined ? [...this.recorded] : this.recorded.filter((call) => call.method === method)
  }

  /** The first answered call of the method that `next` has not given yet. */
  async next(method: string): Promise<Call> {
    const index = this.readCounts.get(method) ?? 0
    this.readCounts.set(method, index + 1)
    return this.changes.until(
      () => {
        const call = this.all(method)[index]
        return call?.answer === undefined ? undefined : call
      },
      `call ${index + 1} of ${method}`,
    )
  }

  /** The first call, past or coming, of which this holds. */
  waitFor(predicate: (call: Call) => boolean): Promise<Call> {
    return this.changes.until(() => this.recorded.find(predicate), 'a call that the test describes')
  }
}
