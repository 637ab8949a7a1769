import type { UnderlyingSource } from 'node:stream/web'
import { EventSplitter } from './event-splitter.ts'
import type { EventReader } from './provider.ts'

/** How a body ended, for its charge. */
export type StreamEnd =
  /** Everything that was to come has come, or the provider stated the usage. */
  | 'complete'
  /** The caller stopped reading, or nobody read for too long. */
  | 'abandoned'
  /** The connection failed, or the caller aborted it. */
  | 'broken'

export interface StreamTiming {
  readonly drainAfterMs: number
  readonly drainForMs: number
}

/** A body to follow, and who is told. */
export interface FollowedStream {
  readonly body: ReadableStream<Uint8Array>
  readonly events: EventReader
  readonly timing: StreamTiming
  /** Whether the rest is read, with a deadline, when the caller leaves before the usage was stated. */
  readonly drains: boolean
  /** The caller's own signal, where it does not reach the connection: its abort ends what the caller sees. */
  readonly signal: AbortSignal | undefined
  /**
   * Is called once, as early as the end is known: at the event after which nothing costs, because SDKs cancel
   * there instead of reading to the end of the body.
   */
  ended(how: StreamEnd): void
  /** Is called at most once, when the reader failed on an event: the bytes go through all the same. */
  unreadable(error: unknown): void
}

/** More than this is not read ahead for a caller who has stopped reading. */
const MAX_READ_AHEAD_BYTES = 16 * 1024 * 1024

/**
 * Passes a body of server-sent events on as the caller reads it, and follows it with a reader.
 *
 * A caller who breaks off without cancelling (or never reads, or drops the response) leaves the provider talking.
 * After some quiet time the rest is read ahead and kept for that caller, so that the provider's own count of the
 * usage arrives.
 */
export function followEvents(followed: FollowedStream): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    new EventFollower(followed),
    // Nothing is read before the caller asks, as without metering; what is read ahead is counted in bytes.
    { highWaterMark: 0, size: (chunk) => chunk.byteLength },
  )
}

class EventFollower implements UnderlyingSource<Uint8Array> {
  private readonly followed: FollowedStream
  private readonly upstream: ReadableStreamDefaultReader<Uint8Array>
  private readonly splitter: EventSplitter
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined
  /** The read that is under way: pulls and reading ahead share it. */
  private reading: Promise<void> | undefined
  /** Whether the caller is waiting for a piece. */
  private asked = false
  /** Whether reading goes on without the caller's asking. */
  private ahead = false
  /** Whether the caller has left, and the rest is read for its usage alone. */
  private left = false
  private told = false
  private over = false
  private failed = false
  /** What the caller was given so far, to see whether a slow one still reads. */
  private enqueuedBytes = 0
  private takenBytes = 0
  /** Neither lets the process go: an unread body keeps its connection, and its credit, until it is ended here. */
  private idle: NodeJS.Timeout | undefined
  private deadline: NodeJS.Timeout | undefined

  constructor(followed: FollowedStream) {
    this.followed = followed
    this.upstream = followed.body.getReader()
    this.splitter = new EventSplitter((data) => this.take(data), followed.events.rewrites)
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const { signal, timing } = this.followed
    this.controller = controller
    // An abort before anyone reads shows here only.
    this.upstream.closed.catch((error: unknown) => this.fail(error))
    this.idle = setTimeout(() => this.onIdle(), timing.drainAfterMs)
    if (signal?.aborted) this.onAbort()
    else signal?.addEventListener('abort', this.onAbort, { once: true })
  }

  async pull(): Promise<void> {
    this.asked = true
    this.ahead = false
    clearTimeout(this.deadline)
    try {
      await this.read()
    } catch (error) {
      this.fail(error)
    }
    this.asked = false
    if (!this.over && !this.left) this.idle?.refresh()
  }

  async cancel(reason: unknown): Promise<void> {
    if (this.followed.drains && !this.told) return this.leave()
    this.finish('abandoned')
    await this.upstream.cancel(reason)
  }

  /** Reads until there is something for the caller. */
  private read(): Promise<void> {
    this.reading ??= this.readOn()
    return this.reading
  }

  private async readOn(): Promise<void> {
    try {
      for (let passed = false; !passed && !this.over;) {
        const { done, value } = await this.upstream.read()
        if (this.over) return
        if (done) return this.end()
        passed = this.passOn(this.splitter.push(value))
        if (this.followed.events.complete) this.tell('complete')
      }
    } finally {
      this.reading = undefined
    }
  }

  private take(data: string): string | undefined {
    if (this.failed) return data
    try {
      return this.followed.events.take(data)
    } catch (error) {
      this.failed = true
      this.followed.unreadable(error)
      return data
    }
  }

  private passOn(bytes: Uint8Array): boolean {
    if (this.left || bytes.byteLength === 0) return false
    this.enqueuedBytes += bytes.byteLength
    this.controller?.enqueue(bytes)
    return true
  }

  private end(): void {
    this.passOn(this.splitter.end())
    this.finish('complete')
    if (!this.left) this.controller?.close()
    this.upstream.releaseLock()
  }

  private fail(error: unknown): void {
    if (this.over) return
    this.finish('broken')
    if (!this.left) this.controller?.error(error)
  }

  private onIdle(): void {
    // A caller who waits is not idle, however long the provider takes.
    if (!this.over && !this.asked && !this.left) void this.readAhead()
  }

  /** A property, so that it can be taken off the signal again: the caller's may outlive many calls. */
  private readonly onAbort = (): void => {
    if (this.over || this.left) return
    this.controller?.error(this.followed.signal?.reason)
    this.leave()
  }

  /** The caller sees the end now; the provider is heard out. */
  private leave(): void {
    this.left = true
    if (this.told) {
      this.finish('complete')
      return discard(this.upstream, new Error('The caller has left.'))
    }
    void this.readAhead()
  }

  private async readAhead(): Promise<void> {
    this.ahead = true
    this.awaitRest()
    try {
      while (this.ahead && !this.over && (this.left || this.readAheadBytes < MAX_READ_AHEAD_BYTES))
        await this.read()
    } catch (error) {
      this.fail(error)
    }
  }

  private awaitRest(): void {
    clearTimeout(this.deadline)
    this.takenBytes = this.enqueuedBytes - this.readAheadBytes
    this.deadline = setTimeout(() => this.giveUp(), this.followed.timing.drainForMs)
  }

  private giveUp(): void {
    if (this.over) return
    // One who is only slow takes from what was read ahead, and does not ask for more yet.
    if (!this.left && this.enqueuedBytes - this.readAheadBytes > this.takenBytes) return this.awaitRest()
    const reason = new Error('The stream was not read for too long; it was ended and charged by an estimate.')
    this.finish('abandoned')
    if (!this.left) this.controller?.error(reason)
    discard(this.upstream, reason)
  }

  /** Bytes that wait for the caller. */
  private get readAheadBytes(): number {
    return -(this.controller?.desiredSize ?? 0)
  }

  private tell(how: StreamEnd): void {
    if (this.told) return
    this.told = true
    this.followed.ended(how)
  }

  private finish(how: StreamEnd): void {
    this.over = true
    clearTimeout(this.idle)
    clearTimeout(this.deadline)
    this.followed.signal?.removeEventListener('abort', this.onAbort)
    this.tell(how)
  }
}

/** Gives up on a body. That it fails on the way is all the same: nobody waits for it any more. */
export function discard(reader: ReadableStreamDefaultReader<Uint8Array>, reason: unknown): void {
  reader.cancel(reason).catch(() => undefined)
}
