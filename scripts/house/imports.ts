import { posix } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'
import type { SourceFile } from './files.ts'

/** What one file asks for: another file of the house, or a package. */
export type Import = { line: number } & (
  | { kind: 'file'; path: string }
  | { kind: 'package'; name: string }
  /** `import()` of something that is only known when it runs. */
  | { kind: 'computed' }
)

/**
 * Every import of a file: static, re-exported, dynamic and in types.
 *
 * @throws Error where the file does not parse.
 */
export function importsOf(file: SourceFile): Import[] {
  const { program, errors } = parseSync(file.path, file.text)
  if (errors[0]) throw new Error(`${file.path} does not parse: ${errors[0].message}`)
  const found: Import[] = []
  const add = (source: { start: number }, specifier: string | null) => {
    const line = file.text.slice(0, source.start).split('\n').length
    found.push({ line, ...resolve(file.path, specifier) })
  }
  new Visitor({
    ImportDeclaration: ({ source }) => add(source, source.value),
    ExportAllDeclaration: ({ source }) => add(source, source.value),
    ExportNamedDeclaration: ({ source }) => {
      if (source) add(source, source.value)
    },
    ImportExpression: ({ source }) => add(source, constantOf(source)),
    TSImportType: ({ source }) => add(source, source.value),
  }).visit(program)
  return found
}

type Resolved = { kind: 'file'; path: string } | { kind: 'package'; name: string } | { kind: 'computed' }

function resolve(from: string, specifier: string | null): Resolved {
  if (specifier === null) return { kind: 'computed' }
  if (specifier.startsWith('.')) return { kind: 'file', path: posix.join(posix.dirname(from), specifier) }
  if (specifier.startsWith('node:')) return { kind: 'package', name: 'node:' }
  const parts = specifier.split('/')
  return { kind: 'package', name: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/') }
}

/** The string that an expression always is, or null. */
function constantOf(expression: { type: string; value?: unknown; quasis?: { value: { raw: string } }[] }) {
  if (expression.type === 'Literal' && typeof expression.value === 'string') return expression.value
  if (expression.type === 'TemplateLiteral' && expression.quasis?.length === 1) {
    return expression.quasis[0]?.value.raw ?? null
  }
  return null
}
