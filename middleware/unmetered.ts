import { bookPaid } from '../src/book-paid.ts'
import { CreditsError } from '../src/errors.ts'
import type { Settings } from './options.ts'
import { requirePayer } from './payer.ts'
import { tellUnpriced } from './unpriced.ts'

/** A call that may cost money, nobody here knows how much. */
export interface UnmeteredCall {
  readonly method: string
  /** Below the API's base. */
  readonly path: string
  /** The provider's name. */
  readonly provider: string
}

/**
 * Refuses a call that is not metered, or lets it through and records that it was made, as the policy says.
 *
 * @throws CreditsError `unmetered_route`, `account_required`, `journal_full`; and whatever `send` throws
 */
export async function passUnmetered(
  call: UnmeteredCall,
  settings: Settings,
  send: () => Promise<Response>,
): Promise<Response> {
  if (settings.unmetered === 'refuse') throw unmeteredRoute(call)
  return passRecorded(call, 'not metered, no price', settings, send)
}

/**
 * Refuses a call whose request does not tell what it may cost (it names no model, say), or lets it through and records
 * that it was made, as the policy says.
 *
 * @throws CreditsError the refusal, `account_required`, `journal_full`; and whatever `send` throws
 */
export async function passUnpriced(
  call: UnmeteredCall,
  refusal: CreditsError,
  settings: Settings,
  send: () => Promise<Response>,
): Promise<Response> {
  if (settings.unpriced === 'refuse' || refusal.code !== 'unknown_price') throw refusal
  return passRecorded(call, `no price (${refusal.message})`, settings, send)
}

async function passRecorded(
  call: UnmeteredCall,
  why: string,
  settings: Settings,
  send: () => Promise<Response>,
): Promise<Response> {
  const payer = requirePayer(settings)
  settings.credits.bookings.admit(false)
  const response = await send()
  // What the provider has refused or failed to do has cost nothing.
  if (!response.ok) return response
  const { method, path, provider } = call
  bookPaid(settings.credits, {
    ...payer,
    category: 'LLM',
    cost: { amount: '0', provider, estimated: true, note: `${method} ${path}: ${why}` },
    onError: settings.onError,
  })
  tellUnpriced(
    settings,
    payer.account,
    `${method} ${withoutIds(path)} of ${provider}`,
    `${method} ${path} of ${provider} was let through and nothing was charged: ${why}`,
  )
  return response
}

/** One alert for all threads, not one for each: a long segment with a digit in it names a thing. */
const withoutIds = (path: string): string =>
  path.replaceAll(/\/([^/]{8,})(?=\/|$)/g, (segment, name: string) => (/\d/.test(name) ? '/{id}' : segment))

const unmeteredRoute = ({ method, path, provider }: UnmeteredCall) =>
  new CreditsError(
    'unmetered_route',
    `${method} ${path} of ${provider} may cost money and is not metered yet. Set unmetered: 'record' to let such ` +
      'calls through uncharged, or make this one with a client that is not metered if it is paid for otherwise.',
    { method, path, provider },
  )
