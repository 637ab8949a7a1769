import { bookPaid } from '../src/book-paid.ts'
import type { CallCost } from '../src/meter.ts'
import { collectBody } from './body.ts'
import { captureLines, surprises } from './charge.ts'
import { deferredCallsOf } from './deferred.ts'
import { type Settings, settingsFor } from './options.ts'
import { type Payer, payerOf } from './payer.ts'
import type { Reading, UsageReport } from './provider.ts'
import { replaceResponseBody } from './response.ts'
import { isEventStream } from './settle.ts'
import { followEvents } from './stream.ts'
import { tellUnpriced } from './unpriced.ts'

/**
 * Passes a request on that costs nothing and whose answer may state what an earlier call has used. Whoever reads it
 * first books it: for the call that made it, where that was made in this process, else for whom it is read.
 *
 * @throws whatever `send` throws; it refuses nothing
 */
export async function passReading(
  reading: Reading,
  settings: Settings,
  send: () => Promise<Response>,
): Promise<Response> {
  const payer = payerOf(settings)
  const response = await send()
  const { body } = response
  if (!response.ok || body === null) return response
  const ended = (read: () => UsageReport | undefined) => {
    try {
      bookReading(read(), payer, settings)
    } catch (error) {
      unreadable(error, settings)
    }
  }
  return replaceResponseBody(
    response,
    isEventStream(response)
      ? readEvents(body, reading, settings, ended)
      : readAnswer(body, reading, settings, ended),
  )
}

function readEvents(
  body: ReadableStream<Uint8Array>,
  reading: Reading,
  settings: Settings,
  ended: (read: () => UsageReport | undefined) => void,
): ReadableStream<Uint8Array> {
  const events = reading.readEvents()
  return followEvents({
    body,
    events,
    timing: settings,
    drains: false,
    signal: undefined,
    ended: () => ended(() => events.report()),
    unreadable: (error) => unreadable(error, settings),
  })
}

const readAnswer = (
  body: ReadableStream<Uint8Array>,
  reading: Reading,
  settings: Settings,
  ended: (read: () => UsageReport | undefined) => void,
): ReadableStream<Uint8Array> =>
  collectBody({
    body,
    timing: settings,
    signal: undefined,
    ended: (how, text) => ended(() => (how === 'complete' ? reading.readAnswer(text) : undefined)),
  })

const unreadable = (error: unknown, settings: Settings): void =>
  settings.onUnpriced(`An answer could not be read for its usage: ${String(error)}`)

function bookReading(report: UsageReport | undefined, payer: Payer | undefined, settings: Settings): void {
  if (report?.key === undefined) return
  const { key } = report
  const calls = deferredCallsOf(settings.credits)
  if (calls.settle(key, payer?.account, report) || report.lines.length === 0) return
  // Read for nobody: the process that made the call still has its hold, and books it. What was booked here is not
  // booked again for somebody else who reads it too.
  if (!payer || calls.isBooked(key)) return
  calls.remember(key, payer.account)
  bookPaid(settings.credits, {
    ...payer,
    attribution: { ...payer.attribution, model: report.model },
    category: 'LLM',
    cost: pricedLines(report, payer, settings),
    key,
    onError: settings.onError,
  })
}

function pricedLines(report: UsageReport, { account }: Payer, settings: Settings): CallCost {
  for (const surprise of surprises(report, [])) tellUnpriced(settings, account, surprise)
  try {
    return captureLines(report, settingsFor(account, settings), [])
  } catch (error) {
    // It has been paid for and was read, so there is nothing to refuse any more.
    const reason = error instanceof Error ? error.message : String(error)
    tellUnpriced(settings, account, reason)
    return {
      amount: '0',
      estimated: true,
      providerId: report.providerId,
      note: `nothing was charged: ${reason}`,
    }
  }
}
