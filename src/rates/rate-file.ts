import { CreditsError } from '../errors.ts'
import { parseCsv } from './csv.ts'
import type { RateInput } from './rate-input.ts'

/** Prices from a file, unchecked, and where in it each is. */
export interface RateFile {
  readonly inputs: RateInput[]
  /** Of JSON, the place in the list. */
  readonly lines: number[]
}

const COLUMNS = ['provider', 'model', 'unit', 'dollars', 'per', 'from', 'source'] as const
const REQUIRED = ['provider', 'model', 'unit', 'dollars', 'source'] as const

/**
 * Reads a file of prices: a JSON list of objects, or CSV with a head, of the columns provider, model, unit, dollars,
 * source, and where wanted per and from.
 *
 * @throws CreditsError `invalid_rate`
 */
export function parseRateFile(text: string): RateFile {
  const file = /^\uFEFF?\s*[[{]/.test(text) ? parseJsonFile(text) : parseCsvFile(text)
  if (file.inputs.length > 0) return file
  throw invalid('The file has no prices in it.')
}

function parseJsonFile(text: string): RateFile {
  const inputs = readJson(text)
  if (!Array.isArray(inputs))
    throw invalid('The file must be a JSON list: [{ "provider": …, "model": … }, …].')
  // Checked one by one when they are set.
  return { inputs: inputs as RateInput[], lines: inputs.map((_, index) => index + 1) }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw invalid(`The file is no JSON: ${String(error)}.`)
  }
}

function parseCsvFile(text: string): RateFile {
  const [head, ...rows] = parseCsv(text)
  const names = head?.cells ?? []
  const unknown = names.filter((name) => !COLUMNS.some((column) => column === name))
  const missing = REQUIRED.filter((column) => !names.includes(column))
  if (unknown.length > 0 || missing.length > 0 || new Set(names).size < names.length) {
    throw invalid(
      `The first line must name the columns, each once: ${REQUIRED.join(',')}, and may name per and from.`,
    )
  }
  return {
    inputs: rows.map(({ cells }) => inputOf(names, cells)),
    lines: rows.map(({ line }) => line),
  }
}

/** A cell too many goes by a name that no price has; an empty one is a part that is not given. */
function inputOf(names: readonly string[], cells: readonly string[]): RateInput {
  const input: Record<string, unknown> = {}
  for (const [index, cell] of cells.entries()) {
    const name = names[index] ?? `column ${index + 1}`
    if (cell !== '' || index >= names.length) input[name] = name === 'per' ? wholeNumber(cell) : cell
  }
  return input as unknown as RateInput
}

const wholeNumber = (cell: string): number | string => (/^\d{1,10}$/.test(cell) ? Number(cell) : cell)

const invalid = (message: string) => new CreditsError('invalid_rate', message)
