import type { ArrayLiteral } from './array-literal.ts'

/** Fills the columns of one new row, from the first to the last. */
export class RowCursor {
  private readonly columns: readonly ArrayLiteral[]
  private next = 0

  constructor(columns: readonly ArrayLiteral[]) {
    this.columns = columns
  }

  /** An id, or a word of ours. */
  word(value: string | null | undefined): void {
    this.column().pushWord(value ?? null)
  }

  integer(value: bigint | number | null): void {
    this.column().pushWord(value === null ? null : value.toString())
  }

  /** Milliseconds since 1970; Infinity is null. */
  instant(value: number): void {
    this.column().pushWord(value === Number.POSITIVE_INFINITY ? null : value.toString())
  }

  text(value: string | null | undefined): void {
    this.column().pushText(value ?? null)
  }

  private column(): ArrayLiteral {
    const column = this.columns[this.next++]
    if (!column) throw new Error('A row has more values than its section has columns.')
    return column
  }
}
