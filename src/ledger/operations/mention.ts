import type { AccountView, Operation } from '../operation.ts'

/** Makes sure that there is such an account; on its first mention its signup grant comes with it. */
export class Mention implements Operation<null, void> {
  readonly name = 'mention'
  readonly account: string
  readonly keyed = null
  readonly subject = 'mention'
  readonly rememberable = false

  constructor(account: string) {
    this.account = account
  }

  apply({ state, posting }: AccountView): null {
    if (state.version < 0) posting.touch(state)
    return null
  }

  answer(): void {}
}
