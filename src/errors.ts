const MARKER = Symbol.for('agent-credits.error')

/** What went wrong, for programs. */
export type CreditsErrorCode =
  // refusals
  | 'insufficient_credits'
  | 'credits_held'
  | 'key_conflict'
  | 'hold_released'
  | 'hold_lapsed'
  | 'hold_captured'
  | 'refund_exceeds_charge'
  | 'batch_voided'
  | 'batch_expired'
  | 'void_exceeds_batch'
  | 'alert_resolved'
  // ids that name nothing
  | 'hold_not_found'
  | 'charge_not_found'
  | 'batch_not_found'
  | 'alert_not_found'
  // input
  | 'invalid_input'
  | 'invalid_page'
  | 'invalid_amount'
  | 'amount_overflow'
  | 'invalid_account'
  | 'invalid_key'
  | 'invalid_id'
  | 'invalid_category'
  | 'invalid_type'
  | 'invalid_source'
  | 'invalid_duration'
  | 'invalid_time'
  | 'invalid_time_zone'
  | 'invalid_text'
  | 'invalid_attribution'
  | 'invalid_usage_query'
  | 'invalid_setting'
  | 'invalid_rate'
  | 'account_required'
  // payments
  | 'payment_unplaceable'
  // prices and metering
  | 'unknown_price'
  | 'unmetered_route'
  | 'body_too_long'
  | 'journal_full'
  | 'journal_unavailable'
  // the database
  | 'database_required'
  | 'database_unavailable'
  | 'database_newer'
  | 'embedded_failed'
  | 'ledger_closed'
  | 'outcome_unknown'
  | 'peer_missing'

/**
 * Every error that this package raises on purpose. `code` is for programs, `message` says what was wrong and
 * what to do, `data` holds the figures (amounts as decimal strings).
 *
 * @example
 * try { await credits.authorize('acme', { amount: '5', category: 'LLM' }) }
 * catch (error) { if (CreditsError.isInstance(error) && error.code === 'insufficient_credits') askForTopUp() }
 */
export class CreditsError extends Error {
  readonly code: CreditsErrorCode
  readonly data: Readonly<Record<string, unknown>>
  readonly [MARKER] = true

  constructor(
    code: CreditsErrorCode,
    message: string,
    data: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'CreditsError'
    this.code = code
    this.data = data
  }

  /** Also true for an error of another copy of this package. */
  static isInstance(error: unknown): error is CreditsError {
    return typeof error === 'object' && error !== null && MARKER in error
  }

  toJSON(): { code: CreditsErrorCode; message: string; data: Readonly<Record<string, unknown>> } {
    return { code: this.code, message: this.message, data: this.data }
  }
}
