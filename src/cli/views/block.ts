import { styleText } from 'node:util'
import { printable } from './text.ts'

/** A label and what stands beside it, one or several lines; null or none leaves it out. */
export type Field = readonly [label: string, value: string | readonly string[] | null]

/**
 * Writes a title and labelled values under it, aligned.
 *
 * @example fieldBlock('Released', [['Hold', 'h1'], ['Category', 'LLM']]) // 'Released\n  Hold      h1\n  Category  LLM'
 */
export function fieldBlock(title: string, fields: readonly Field[]): string {
  const shown = fields.map(([label, value]) => ({ label, lines: linesOf(value) }))
  const width = Math.max(0, ...shown.filter(({ lines }) => lines.length > 0).map(({ label }) => label.length))
  const body = shown.flatMap(({ label, lines }) =>
    lines.map((line, index) => {
      const margin = styleText('dim', (index === 0 ? label : '').padEnd(width))
      return `  ${margin}  ${printable(line)}`.trimEnd()
    }),
  )
  return [styleText('bold', printable(title)), ...body].join('\n')
}

const linesOf = (value: Field[1]): readonly string[] =>
  value === null ? [] : typeof value === 'string' ? [value] : value
