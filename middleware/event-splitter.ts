/** A longer event than this is not read: what it says is unknown, and the text goes through all the same. */
const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024

const BOUNDARY = /\r?\n\r?\n|\r\r/g
/** A boundary may be cut by the end of a chunk: all but its last character are looked at again. */
const CUT_BOUNDARY = 3

const STREAMING = { stream: true }
const NOTHING = new Uint8Array(0)
const encoder = new TextEncoder()

/**
 * Cuts a stream of server-sent events into events, over any division into chunks, and passes each one's data
 * through a function that may change it or drop it.
 *
 * Each chunk is decoded once and, only if something in it was changed, encoded once; what has come of an event that
 * is not whole yet is joined when it is. So the time is in proportion to the length, whatever the server sends.
 */
export class EventSplitter {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  private readonly take: (data: string) => string | undefined
  private readonly rewrites: boolean
  private pending: string[] = []
  private pendingCharacters = 0
  private tail = ''
  /** What is to be passed on of the chunk at hand. */
  private out = ''
  /** Whether that is the chunk as it came. */
  private untouched = true
  /** Inside an event that is too long to be read. */
  private skipping = false

  /**
   * @param take is given an event's data and answers what is to be passed on, `undefined` for nothing
   * @param rewrites false where `take` changes nothing: then bytes pass as they come, in the middle of an event too
   */
  constructor(take: (data: string) => string | undefined, rewrites: boolean) {
    this.take = take
    this.rewrites = rewrites
  }

  /** Takes the next bytes and returns what is to be passed on now. */
  push(bytes: Uint8Array): Uint8Array {
    const text = this.decoder.decode(bytes, STREAMING)
    const lineFeedsOnly = !text.includes('\r')
    this.untouched = this.pendingCharacters === 0
    let start = 0
    for (
      let end = this.passNext(text, 0, lineFeedsOnly);
      end !== -1;
      end = this.passNext(text, start, lineFeedsOnly)
    )
      start = end
    this.keep(text.slice(start))
    const { out } = this
    this.out = ''
    if (!this.rewrites) return bytes
    // A chunk that ends in the middle of an event, or of a character, is passed on in part.
    if (this.untouched && start === text.length && isLineEnd(bytes.at(-1))) return bytes
    return out === '' ? NOTHING : encoder.encode(out)
  }

  /** What is left when the stream ends: an event without its closing blank line, or nothing. */
  end(): Uint8Array {
    const rest = this.decoder.decode()
    if (rest !== '' || this.pendingCharacters > 0) this.passEvent(rest)
    const { out } = this
    this.out = ''
    return this.rewrites && out !== '' ? encoder.encode(out) : NOTHING
  }

  /** Passes the next event on and returns its end; -1 where none ends in this text. */
  private passNext(text: string, start: number, lineFeedsOnly: boolean): number {
    if (start === text.length) return -1
    const lineEnd = lineFeedsOnly && this.pendingCharacters === 0 ? this.passLine(text, start) : -1
    if (lineEnd !== -1) return lineEnd
    const end = this.boundaryAfter(text, start, lineFeedsOnly)
    if (end !== -1) this.passEvent(text.slice(start, end))
    return end
  }

  /** Where the first event that ends at or after `start` ends; -1 for nowhere in this text. */
  private boundaryAfter(text: string, start: number, lineFeedsOnly: boolean): number {
    const { tail } = this
    if (start === 0 && tail !== '') {
      // An end that begins in the chunks before.
      const seam = tail + text.slice(0, CUT_BOUNDARY)
      BOUNDARY.lastIndex = 0
      const match = BOUNDARY.exec(seam)
      if (match && match.index < tail.length) return BOUNDARY.lastIndex - tail.length
    }
    if (lineFeedsOnly) {
      const at = text.indexOf('\n\n', start)
      return at === -1 ? -1 : at + 2
    }
    BOUNDARY.lastIndex = start
    return BOUNDARY.exec(text) ? BOUNDARY.lastIndex : -1
  }

  /** Passes an event of one line of data on, as nearly all are, and returns its end; -1 where none begins here. */
  private passLine(text: string, start: number): number {
    const lineEnd = text.indexOf('\n', start)
    if (lineEnd === -1 || text[lineEnd + 1] !== '\n' || !text.startsWith('data: ', start)) return -1
    const data = text.slice(start + 6, lineEnd)
    const taken = this.take(data)
    if (taken !== undefined && this.rewrites) this.out += `data: ${taken}\n\n`
    this.untouched &&= taken === data
    return lineEnd + 2
  }

  /** Passes an event on of which this is the last part. */
  private passEvent(last: string): void {
    const { pending, skipping } = this
    const event = pending.length === 0 ? last : pending.join('') + last
    this.pending = []
    this.pendingCharacters = 0
    this.tail = ''
    this.skipping = false
    const data = skipping ? undefined : dataOf(event)
    const taken = data === undefined ? undefined : this.take(data)
    if (taken !== data) this.untouched = false
    if (taken === data) this.out += event
    else if (taken !== undefined) this.out += event.replace(data ?? '', () => taken)
  }

  private keep(rest: string): void {
    if (rest === '') return
    this.pendingCharacters += rest.length
    this.tail = (this.tail + rest.slice(-CUT_BOUNDARY)).slice(-CUT_BOUNDARY)
    if (this.skipping) {
      this.out += rest
      return
    }
    this.pending.push(rest)
    if (this.pendingCharacters <= MAX_EVENT_CHARACTERS) return
    this.skipping = true
    this.out += this.pending.join('')
    this.pending = []
  }
}

const isLineEnd = (byte: number | undefined): boolean => byte === 10 || byte === 13

/** The data of an event, undefined where it has none (a comment that keeps the connection alive). */
function dataOf(event: string): string | undefined {
  let data: string | undefined
  for (const line of event.split(/\r\n|\n|\r/)) {
    if (!line.startsWith('data:')) continue
    const value = line.slice(line[5] === ' ' ? 6 : 5)
    data = data === undefined ? value : `${data}\n${value}`
  }
  return data
}
