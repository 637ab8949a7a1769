/** A longer event than this is not read: what it says is unknown, and the bytes go through all the same. */
const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024

const BOUNDARY = /\r?\n\r?\n|\r\r/g
/** A boundary may be cut by the end of a chunk: look again this far back. */
const LONGEST_BOUNDARY = 4

/**
 * Cuts a stream of server-sent events into events, over any division into chunks, and passes each one's data
 * through a function that may change it or drop it.
 */
export class EventSplitter {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  private readonly take: (data: string) => string | undefined
  private pending = ''
  private searchFrom = 0

  /** @param take is given an event's data and answers what is to be passed on, `undefined` for nothing */
  constructor(take: (data: string) => string | undefined) {
    this.take = take
  }

  /** Takes the next bytes and returns the text of all events that are complete now, as passed on. */
  push(bytes: Uint8Array): string {
    this.pending += this.decoder.decode(bytes, { stream: true })
    let out = ''
    let start = 0
    BOUNDARY.lastIndex = this.searchFrom
    for (let match = BOUNDARY.exec(this.pending); match; match = BOUNDARY.exec(this.pending)) {
      out += this.passOn(this.pending.slice(start, BOUNDARY.lastIndex))
      start = BOUNDARY.lastIndex
    }
    this.pending = this.pending.slice(start)
    if (this.pending.length > MAX_EVENT_CHARACTERS) {
      out += this.pending
      this.pending = ''
    }
    this.searchFrom = Math.max(0, this.pending.length - LONGEST_BOUNDARY)
    return out
  }

  /** What is left when the stream ends: an event without its closing blank line, or nothing. */
  end(): string {
    const rest = this.pending + this.decoder.decode()
    this.pending = ''
    return rest === '' ? '' : this.passOn(rest)
  }

  private passOn(event: string): string {
    const data = dataOf(event)
    if (data === undefined) return event
    const taken = this.take(data)
    if (taken === undefined) return ''
    return taken === data ? event : event.replace(data, () => taken)
  }
}

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
