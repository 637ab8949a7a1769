const NEEDS_ESCAPE = /["\\]/g

/**
 * A PostgreSQL array literal that grows value by value. Written here and sent as one string, because the driver's
 * own array encoder guesses an array's type from its first element and visits every value once more.
 */
export class ArrayLiteral {
  private text = ''

  pushRaw(value: string): void {
    this.text += this.text === '' ? value : `,${value}`
  }

  pushText(value: string | null): void {
    this.pushRaw(value === null ? 'NULL' : `"${value.replace(NEEDS_ESCAPE, '\\$&')}"`)
  }

  toString(): string {
    return `{${this.text}}`
  }
}

/** A list of texts as one parameter. */
export function textArray(values: readonly string[]): string {
  const array = new ArrayLiteral()
  for (const value of values) array.pushText(value)
  return array.toString()
}
