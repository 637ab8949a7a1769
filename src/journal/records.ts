import type { Owner } from './owner.ts'
import type { PaidCall } from './paid-call.ts'

/** A line of a journal. The later one of a call counts. */
export type JournalRecord =
  /** The first line. */
  | { readonly journal: 1; readonly owner: Owner }
  /** Will be booked, at this cost if no other follows. */
  | { readonly answered: PaidCall }
  | { readonly ended: PaidCall }
  /** Booked, or given back. */
  | { readonly done: readonly string[] }

export const lineOf = (record: JournalRecord): string => `${JSON.stringify(record)}\n`

/** What a journal says is still to be booked. */
export interface JournalContent {
  owner: Owner | undefined
  /** By id, in the order of their first mention. */
  readonly calls: Map<string, { call: PaidCall; isEnded: boolean }>
  /** Lines that cannot be read. */
  readonly corrupt: string[]
}

const UNFINISHED = 'the process ended before the usage was known; it was estimated'

/** Reads lines one by one; the last may have been cut off by a crash, and is then no record. */
export class JournalReader {
  readonly content: JournalContent = { owner: undefined, calls: new Map(), corrupt: [] }

  line(text: string, isLast: boolean): void {
    if (text === '') return
    const record = parse(text)
    if (record === undefined) {
      // Half a line was never said to be written.
      if (!isLast) this.content.corrupt.push(text)
      return
    }
    const { calls } = this.content
    if ('journal' in record) this.content.owner = record.owner
    else if ('answered' in record) calls.set(record.answered.id, { call: record.answered, isEnded: false })
    else if ('ended' in record) calls.set(record.ended.id, { call: record.ended, isEnded: true })
    else for (const id of record.done) calls.delete(id)
  }

  /** What is to be booked of it now that its owner is gone. */
  get outstanding(): PaidCall[] {
    return Array.from(this.content.calls.values(), ({ call, isEnded }) => (isEnded ? call : unfinished(call)))
  }
}

/** Should the process have booked it and the machine gone down before that was on disk, what it booked counts. */
const unfinished = (call: PaidCall): PaidCall => ({
  ...call,
  yields: true,
  lines: call.lines.map((line) => ({
    ...line,
    estimated: true,
    note: line.note ?? UNFINISHED,
  })),
})

function parse(text: string): JournalRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isRecord(value) ? value : undefined
}

function isRecord(value: unknown): value is JournalRecord {
  if (typeof value !== 'object' || value === null) return false
  const { journal, owner, answered, ended, done } = value as Record<string, unknown>
  if (journal !== undefined) return journal === 1 && isOwner(owner)
  if (done !== undefined) return Array.isArray(done)
  return isPaidCall(answered ?? ended)
}

const isOwner = (value: unknown): value is Owner =>
  typeof value === 'object' && value !== null && 'host' in value && 'pid' in value && 'started' in value

/** Only its form: what it says is checked by the ledger. */
function isPaidCall(value: unknown): value is PaidCall {
  if (typeof value !== 'object' || value === null) return false
  const { id, account, lines } = value as Partial<PaidCall>
  return typeof id === 'string' && typeof account === 'string' && Array.isArray(lines)
}
