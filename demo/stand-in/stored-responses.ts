/** A response as it is kept. */
export interface StoredResponse {
  readonly id: string
  readonly background: boolean
  readonly [field: string]: unknown
}

const STORED_MAX = 1000

/** The responses that were made, to be read again. One in the background is finished after it was read some times. */
export class StoredResponses<R extends StoredResponse> {
  private readonly finishedAfterReads: number
  private readonly stored = new Map<string, { response: R; reads: number; cancelled: boolean }>()

  /** @param finishedAfterReads how often a response in the background is read before it is finished */
  constructor(finishedAfterReads: number) {
    this.finishedAfterReads = finishedAfterReads
  }

  /** @returns what the caller gets who makes it */
  add(response: R): R {
    const [oldest] = this.stored.size >= STORED_MAX ? this.stored.keys() : []
    if (oldest !== undefined) this.stored.delete(oldest)
    this.stored.set(response.id, { response, reads: 0, cancelled: false })
    return response.background ? unfinished(response, 'queued') : response
  }

  read(id: string): R | undefined {
    const entry = this.stored.get(id)
    if (!entry) return undefined
    const { response, cancelled } = entry
    if (cancelled) return unfinished(response, 'cancelled')
    if (!response.background || ++entry.reads > this.finishedAfterReads) return response
    return unfinished(response, 'in_progress')
  }

  /** One that is finished stays so. */
  cancel(id: string): R | undefined {
    const entry = this.stored.get(id)
    if (!entry?.response.background) return undefined
    entry.cancelled = entry.reads <= this.finishedAfterReads
    return entry.cancelled ? unfinished(entry.response, 'cancelled') : entry.response
  }

  /** Whole, for its events: whoever follows them waits until it is finished. */
  whole(id: string): R | undefined {
    return this.stored.get(id)?.response
  }
}

const unfinished = <R extends StoredResponse>(response: R, status: string): R => ({
  ...response,
  status,
  output: [],
  usage: null,
})
