import { CreditsError, type CreditsErrorCode } from '../src/errors.ts'

/** The refusals that more credit, or a little patience, would lift. */
const CREDIT_CODES: readonly string[] = ['insufficient_credits', 'credits_held'] satisfies CreditsErrorCode[]

const UNAVAILABLE_CODES: readonly string[] = [
  'database_unavailable',
  'outcome_unknown',
  'ledger_closed',
  'journal_full',
  'journal_unavailable',
] satisfies CreditsErrorCode[]

/** Wrapped errors are looked into this deep. */
const MAX_WRAPPINGS = 8

/**
 * What the SDK gets instead of the provider's answer: it raises its usual error for it, without a retry. Throwing
 * from `fetch` would look like a lost connection and be tried again.
 */
export function refusalResponse(error: CreditsError): Response {
  const { code, message, data } = error
  return Response.json(
    {
      // One body for all: OpenAI's and those built like it read `error`, Anthropic's shows `message` and asks for
      // `type` and `details`.
      type: 'error',
      message,
      error: {
        message,
        type: 'agent_credits',
        code,
        param: null,
        data,
        details: { error_code: code },
      },
    },
    { status: statusOf(code), headers: { 'x-should-retry': 'false' } },
  )
}

/**
 * Whether a call was refused for lack of credit: `insufficient_credits`, or `credits_held` (there is enough once
 * running calls finish). Knows the ledger's own error and what the provider SDKs make of a refused call.
 *
 * @example
 * try { await openai.responses.create({ model: 'gpt-5-mini', input }) }
 * catch (error) { if (isInsufficientCredits(error)) return askForTopUp() }
 */
export function isInsufficientCredits(error: unknown): boolean {
  let current = error
  for (let depth = 0; depth < MAX_WRAPPINGS && typeof current === 'object' && current !== null; depth++) {
    if (hasCreditCode(current)) return true
    current = property(current, 'cause') ?? property(current, 'lastError')
  }
  return false
}

function hasCreditCode(error: object): boolean {
  if (CreditsError.isInstance(error)) return CREDIT_CODES.includes(error.code)
  if (property(error, 'status') !== 402 && property(error, 'statusCode') !== 402) return false
  // The OpenAI SDK lifts the code to the error, others keep the body, parsed or as text.
  const bodies = [
    error,
    property(error, 'error'),
    property(error, 'data'),
    property(error, 'body'),
    parsed(property(error, 'responseBody')),
  ]
  return bodies.some((body) => hasCode(body) || hasCode(property(body, 'error')))
}

const hasCode = (value: unknown): boolean => CREDIT_CODES.includes(String(property(value, 'code')))

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value
    ? (value as Record<string, unknown>)[name]
    : undefined

function parsed(text: unknown): unknown {
  if (typeof text !== 'string') return undefined
  try {
    return JSON.parse(text)
  } catch {
    // Not our refusal: those are JSON.
    return undefined
  }
}

function statusOf(code: CreditsErrorCode): number {
  if (CREDIT_CODES.includes(code)) return 402
  return UNAVAILABLE_CODES.includes(code) ? 503 : 400
}
