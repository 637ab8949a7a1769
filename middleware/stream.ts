import { EventSplitter } from './event-splitter.ts'
import type { EventReader } from './provider.ts'

/** How a stream ended, for its charge. */
export type StreamEnd =
  /** Everything that was to come has come, or the provider stated the usage. */
  | 'complete'
  /** The caller stopped reading, or nobody read for too long. */
  | 'abandoned'
  /** The connection failed. */
  | 'broken'

export interface StreamTiming {
  readonly drainAfterMs: number
  readonly drainForMs: number
}

/** More than this is not read ahead for a caller who has stopped reading. */
const MAX_READ_AHEAD_BYTES = 16 * 1024 * 1024

const encoder = new TextEncoder()

/**
 * Passes a body of server-sent events on as the caller reads it, and follows it with a reader. `ended` is called
 * once, as early as the end is known: at the event after which nothing costs, because SDKs cancel there instead of
 * reading to the end of the body.
 *
 * A caller who breaks off without cancelling (or never reads) leaves the provider talking. After some quiet time
 * the rest is read ahead and kept for that caller, so that the provider's own count of the usage arrives.
 */
export function followEvents(
  body: ReadableStream<Uint8Array>,
  events: EventReader,
  timing: StreamTiming,
  ended: (how: StreamEnd) => void,
): ReadableStream<Uint8Array> {
  const upstream = body.getReader()
  const splitter = new EventSplitter((data) => events.take(data))
  let controller: ReadableStreamDefaultController<Uint8Array>
  let reading: Promise<void> | undefined
  let idle: NodeJS.Timeout | undefined
  let deadline: NodeJS.Timeout | undefined
  let ahead = false
  let told = false
  let over = false

  const tell = (how: StreamEnd) => {
    if (told) return
    told = true
    ended(how)
  }
  const finish = (how: StreamEnd) => {
    over = true
    clearTimeout(idle)
    clearTimeout(deadline)
    tell(how)
  }
  const fail = (error: unknown) => {
    if (over) return
    finish('broken')
    controller.error(error)
  }
  const passOn = (bytes: Uint8Array): boolean => {
    const text = splitter.push(bytes)
    if (events.complete) tell('complete')
    const out = events.rewrites ? encoder.encode(text) : bytes
    if (out.byteLength > 0) controller.enqueue(out)
    return out.byteLength > 0
  }
  const end = () => {
    const rest = splitter.end()
    if (events.rewrites && rest !== '') controller.enqueue(encoder.encode(rest))
    finish('complete')
    controller.close()
    upstream.releaseLock()
  }
  /** Reads until there is something for the caller. One reading at a time: pulls and read-ahead share it. */
  const read = () => (reading ??= readOn().finally(() => (reading = undefined)))
  const readOn = async () => {
    for (let passed = false; !passed && !over;) {
      const { done, value } = await upstream.read()
      if (over) return
      if (done) return end()
      passed = passOn(value)
    }
  }
  const waitForCaller = () => {
    clearTimeout(idle)
    if (!over) idle = setTimeout(() => void readAhead().catch(fail), timing.drainAfterMs)
  }
  const readAhead = async () => {
    ahead = true
    deadline = setTimeout(giveUp, timing.drainForMs)
    while (ahead && !over && (controller.desiredSize ?? 0) > -MAX_READ_AHEAD_BYTES) await read()
  }
  const giveUp = () => {
    if (over) return
    const reason = new Error('The stream was not read for too long; it was ended and charged by an estimate.')
    finish('abandoned')
    controller.error(reason)
    discard(upstream, reason)
  }

  return new ReadableStream<Uint8Array>(
    {
      start(ofStream) {
        controller = ofStream
        // An abort before anyone reads shows here only.
        upstream.closed.catch(fail)
        waitForCaller()
      },
      async pull() {
        ahead = false
        clearTimeout(idle)
        clearTimeout(deadline)
        await read().catch(fail)
        waitForCaller()
      },
      async cancel(reason) {
        finish('abandoned')
        await upstream.cancel(reason)
      },
    },
    // Nothing is read before the caller asks, as without metering; what is read ahead is counted in bytes.
    { highWaterMark: 0, size: (chunk) => chunk.byteLength },
  )
}

/** Gives up on a body. That it fails on the way is all the same: nobody waits for it any more. */
export function discard(reader: ReadableStreamDefaultReader<Uint8Array>, reason: unknown): void {
  reader.cancel(reason).catch(() => undefined)
}
