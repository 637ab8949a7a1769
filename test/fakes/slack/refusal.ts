/** Slack's answer to a call that it does not do. */
export class Refusal extends Error {
  readonly code: string
  readonly details: readonly string[]

  constructor(code: string, details: readonly string[] = []) {
    super(code)
    this.code = code
    this.details = details
  }
}
