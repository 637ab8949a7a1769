import type { Operation } from '../operation.ts'

/** Does nothing, but on an account's first mention its signup grant comes with it. */
export class Mention implements Operation<null, void> {
  readonly name = 'mention'
  readonly account: string
  readonly keyed = null
  readonly subject = 'mention'
  readonly rememberable = false

  constructor(account: string) {
    this.account = account
  }

  apply(): null {
    return null
  }

  answer(): void {}
}
