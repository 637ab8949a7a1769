const NEEDS_ESCAPE = /["\\]/g

/**
 * A PostgreSQL array literal that grows value by value. Written here and sent as one string, because the driver's
 * own array encoder guesses an array's type from its first element and visits every value once more.
 */
export class ArrayLiteral {
  length = 0
  private first: string | null = null
  private text = ''

  /** Adds a word that needs no quotes in an array: a number, an id, a name of ours. */
  pushWord(value: string | null): void {
    this.push(value, value ?? 'NULL')
  }

  pushText(value: string | null): void {
    this.push(value, value === null ? 'NULL' : quoted(value))
  }

  /** The one value, as a parameter by itself. */
  get only(): string | null {
    if (this.length !== 1) throw new Error(`An array of ${this.length} values is not one value.`)
    return this.first
  }

  toString(): string {
    return `{${this.text}}`
  }

  private push(value: string | null, literal: string): void {
    if (this.length === 0) {
      this.first = value
      this.text = literal
    } else {
      this.text += `,${literal}`
    }
    this.length += 1
  }
}

/** Most texts have nothing to escape, and to see that is cheaper than to replace nothing. */
function quoted(text: string): string {
  const needsEscape = text.includes('"') || text.includes('\\')
  return `"${needsEscape ? text.replace(NEEDS_ESCAPE, String.raw`\$&`) : text}"`
}

/** A list of texts as one parameter. */
export function textArray(values: readonly string[]): string {
  const array = new ArrayLiteral()
  for (const value of values) array.pushText(value)
  return array.toString()
}
