import type { UnderlyingSource } from 'node:stream/web'
import { discard, type StreamEnd, type StreamTiming } from './stream.ts'

/** A longer answer than this is passed on and not read: its usage is estimated. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** A body to collect, and who is told. */
export interface CollectedBody {
  readonly body: ReadableStream<Uint8Array>
  readonly timing: StreamTiming
  /** The caller's own signal, where it does not reach the connection: its abort ends what the caller sees. */
  readonly signal: AbortSignal | undefined
  /** Is called once, with the text as far as it came. */
  ended(how: StreamEnd, text: string): void
}

/**
 * Passes a body on that is one answer, not a stream of events, and collects its text. It is read as it arrives,
 * whether or not the caller reads: the answer is complete at the provider, and paid for.
 */
export const collectBody = (collected: CollectedBody): ReadableStream<Uint8Array> =>
  new ReadableStream<Uint8Array>(new BodyCollector(collected))

class BodyCollector implements UnderlyingSource<Uint8Array> {
  private readonly collected: CollectedBody
  private readonly upstream: ReadableStreamDefaultReader<Uint8Array>
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined
  private readonly parts: Uint8Array[] = []
  private bytes = 0
  private left = false
  private gaveUp = false
  private told = false
  private deadline: NodeJS.Timeout | undefined
  /** Lets an answer that is too long to be kept wait for its caller. */
  private goOn: (() => void) | undefined

  constructor(collected: CollectedBody) {
    this.collected = collected
    this.upstream = collected.body.getReader()
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const { signal } = this.collected
    this.controller = controller
    if (signal?.aborted) this.onAbort()
    else signal?.addEventListener('abort', this.onAbort, { once: true })
    void this.readAll()
  }

  pull(): void {
    this.goOn?.()
  }

  cancel(): void {
    this.leave()
  }

  private async readAll(): Promise<void> {
    try {
      for (let next = await this.upstream.read(); !next.done; next = await this.upstream.read()) {
        this.collect(next.value)
        if (!this.left) this.controller?.enqueue(next.value)
        if (this.bytes > MAX_ANSWER_BYTES && !this.left) await this.callerReads()
      }
    } catch (error) {
      this.finish(this.left ? 'abandoned' : 'broken')
      if (!this.left) this.controller?.error(error)
      return
    }
    this.finish(this.gaveUp ? 'abandoned' : 'complete')
    if (!this.left) this.controller?.close()
    this.upstream.releaseLock()
  }

  private collect(part: Uint8Array): void {
    this.bytes += part.byteLength
    if (this.bytes <= MAX_ANSWER_BYTES) return void this.parts.push(part)
    this.parts.length = 0
    // What it says of its usage will not be read: the charge does not wait for a caller who may never come.
    this.tell('complete')
  }

  private async callerReads(): Promise<void> {
    if ((this.controller?.desiredSize ?? 0) > 0) return
    await new Promise<void>((resolve) => (this.goOn = resolve))
  }

  /** A property, so that it can be taken off the signal again: the caller's may outlive many calls. */
  private readonly onAbort = (): void => {
    if (this.left) return
    this.controller?.error(this.collected.signal?.reason)
    this.leave()
  }

  /** The rest comes soon, or not at all. */
  private leave(): void {
    this.left = true
    this.goOn?.()
    this.deadline = setTimeout(() => {
      this.gaveUp = true
      discard(this.upstream, new Error('The answer did not come to its end in time.'))
    }, this.collected.timing.drainForMs)
  }

  private finish(how: StreamEnd): void {
    clearTimeout(this.deadline)
    this.collected.signal?.removeEventListener('abort', this.onAbort)
    this.tell(how)
  }

  private tell(how: StreamEnd): void {
    if (this.told) return
    this.told = true
    this.collected.ended(how, Buffer.concat(this.parts).toString('utf8'))
  }
}
