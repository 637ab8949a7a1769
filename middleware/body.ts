import { discard, type StreamEnd, type StreamTiming } from './stream.ts'

/** A longer answer than this is passed on and not read: its usage is estimated. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/**
 * Passes a body on that is one answer, not a stream of events, and collects its text. It is read as it arrives,
 * whether or not the caller reads: the answer is complete at the provider, and paid for.
 *
 * @param ended is called once, with the text as far as it came
 */
export function collectBody(
  body: ReadableStream<Uint8Array>,
  timing: StreamTiming,
  ended: (how: StreamEnd, text: string) => void,
): ReadableStream<Uint8Array> {
  const upstream = body.getReader()
  const parts: Uint8Array[] = []
  let bytes = 0
  let cancelled = false
  let deadline: NodeJS.Timeout | undefined
  const finish = (how: StreamEnd) => {
    clearTimeout(deadline)
    ended(how, bytes > MAX_ANSWER_BYTES ? '' : Buffer.concat(parts).toString('utf8'))
  }
  const collect = (part: Uint8Array) => {
    bytes += part.byteLength
    if (bytes <= MAX_ANSWER_BYTES) parts.push(part)
    else parts.length = 0
  }
  const readAll = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    try {
      for (let next = await upstream.read(); !next.done; next = await upstream.read()) {
        collect(next.value)
        if (!cancelled) controller.enqueue(next.value)
      }
    } catch (error) {
      finish(cancelled ? 'abandoned' : 'broken')
      if (!cancelled) controller.error(error)
      return
    }
    finish('complete')
    if (!cancelled) controller.close()
    upstream.releaseLock()
  }
  return new ReadableStream<Uint8Array>({
    start(controller) {
      void readAll(controller)
    },
    cancel(reason) {
      cancelled = true
      deadline = setTimeout(() => discard(upstream, reason), timing.drainForMs)
    },
  })
}
