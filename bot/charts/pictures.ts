import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { PictureInput } from './picture-input.ts'
import type { PictureAnswer, PictureRequest } from './picture-thread.ts'

/** About 80 kB each. */
const KEPT_MAX = 100

/** At some 70 ms each the last one waits two seconds; who comes after that is better told to ask again. */
const WAITING_MAX = 25

/** The first one waits for Vega to load too, on a busy machine. */
const PATIENCE_MS = 15_000

/** An idle thread holds some 100 MB. */
const IDLE_MS = 60_000

interface Waiting {
  readonly resolve: (png: Uint8Array) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** More are asked for than can be drawn soon. */
export class TooManyPictures extends Error {
  constructor() {
    super('Too many charts are being drawn at once.')
    this.name = 'TooManyPictures'
  }
}

/** Draws charts as PNG, one after the other, in a thread that starts with the first; the last ones are remembered. */
export class Pictures {
  private readonly kept = new Map<string, Promise<Uint8Array>>()
  private readonly waiting = new Map<number, Waiting>()
  private thread: Worker | undefined
  private idle: NodeJS.Timeout | undefined
  private lastId = 0

  /**
   * @throws TooManyPictures
   * @throws Error where it cannot be drawn
   */
  async draw(input: PictureInput): Promise<Uint8Array> {
    const name = createHash('sha256').update(JSON.stringify(input)).digest('base64')
    const known = this.kept.get(name)
    if (known !== undefined) {
      this.kept.delete(name)
      this.kept.set(name, known)
      return known
    }
    if (this.waiting.size >= WAITING_MAX) throw new TooManyPictures()
    const drawn = this.ask(input)
    this.kept.set(name, drawn)
    drawn.catch(() => {
      if (this.kept.get(name) === drawn) this.kept.delete(name)
    })
    const [oldest] = this.kept.keys()
    if (this.kept.size > KEPT_MAX && oldest !== undefined) this.kept.delete(oldest)
    return drawn
  }

  /** Ends the thread; what waits for it fails. */
  async close(): Promise<void> {
    const { thread } = this
    this.drop(thread, new Error('The server stops.'))
    await thread?.terminate()
  }

  private ask(input: PictureInput): Promise<Uint8Array> {
    clearTimeout(this.idle)
    const thread = (this.thread ??= this.start())
    const request: PictureRequest = { id: ++this.lastId, input }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.give(thread, 'A chart took too long to draw.'), PATIENCE_MS)
      this.waiting.set(request.id, { resolve, reject, timer })
      thread.postMessage(request, [])
    })
  }

  private start(): Worker {
    // What runs may be the source, or what was compiled of it.
    const thread = new Worker(
      new URL(
        import.meta.url.endsWith('.ts') ? './picture-thread.ts' : './picture-thread.js',
        import.meta.url,
      ),
    )
    thread.on('message', (answer: PictureAnswer) => this.take(answer))
    thread.on('error', (error: Error) => this.drop(thread, error))
    thread.on('exit', () => this.drop(thread, new Error('The thread that draws charts ended.')))
    // A process that has nothing else to do may end.
    thread.unref()
    return thread
  }

  private take(answer: PictureAnswer): void {
    const waiting = this.waiting.get(answer.id)
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    this.waiting.delete(answer.id)
    if ('png' in answer) waiting.resolve(answer.png)
    else waiting.reject(new Error(`A chart cannot be drawn: ${answer.failure}`))
    if (this.waiting.size === 0) this.idle = setTimeout(() => void this.close(), IDLE_MS).unref()
  }

  private give(thread: Worker, reason: string): void {
    this.drop(thread, new Error(reason))
    void thread.terminate()
  }

  /** Gives up what waits for a thread that answers no more; the next chart starts another. */
  private drop(thread: Worker | undefined, error: Error): void {
    if (this.thread !== thread) return
    this.thread = undefined
    clearTimeout(this.idle)
    for (const { reject, timer } of this.waiting.values()) {
      clearTimeout(timer)
      reject(error)
    }
    this.waiting.clear()
  }
}
