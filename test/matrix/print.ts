/**
 * `npm run matrix`: runs the matrix and prints it as a table: what each call of each SDK was charged, and whether
 * all is as without metering. Exits with 1 if a row fails.
 *
 * @example npm run matrix -- --sdk openai
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { attachEmbedded } from '../../db/embedded.ts'
import { drawTable } from '../../src/cli/views/table.ts'
import { type CreditLedger, openCredits } from '../../src/credits.ts'
import { makeServerFolder, sweepServerFolders } from '../support/server-folder.ts'
import { summarizeCharge } from './charges.ts'
import { coverageGaps } from './coverage.ts'
import { type MatrixRow, titleOf } from './row.ts'
import { MATRIX, rowsOf } from './rows/index.ts'
import { type RowResult, runRow } from './run-row.ts'

/** Much of a row is waiting for time to pass. */
const ROWS_AT_ONCE = 16

const { values } = parseArgs({ options: { sdk: { type: 'string' } } })
const chosen = MATRIX.filter(({ name }) => values.sdk === undefined || name === values.sdk)
if (chosen.length === 0) {
  console.error(`There is no ${values.sdk}: give one of ${MATRIX.map(({ name }) => name).join(', ')}.`)
  process.exitCode = 1
} else {
  const exitCode = await withLedger(printMatrix)
  // Not left to an empty loop: @deepgram/sdk keeps the timer of a call whose connection failed, for a minute.
  process.exit(exitCode)
}

/** Prints the matrix and answers with the exit code. */
async function printMatrix(ledger: CreditLedger): Promise<number> {
  const rows = chosen.flatMap(rowsOf)
  const results = await runAll(rows, ledger)
  const cells = rows.map(({ sdk, row }, index) => {
    const { charges = [], differences = [] } = results[index] ?? {}
    const spent = summarize(charges.map(summarizeCharge))
    const variant = row.variant === undefined ? '' : `, ${row.variant}`
    return [sdk, row.route, row.scenario + variant, spent, differences.length === 0 ? '✓' : '✗']
  })
  console.log(
    drawTable(
      [
        { head: 'SDK' },
        { head: 'Route' },
        { head: 'Scenario' },
        { head: 'Charges (~ estimated)' },
        { head: '' },
      ],
      cells,
    ),
  )
  const gaps = chosen.flatMap(coverageGaps)
  for (const gap of gaps) console.log(`✗ ${gap}`)
  for (const [index, { sdk, row }] of rows.entries()) {
    for (const difference of results[index]?.differences ?? [])
      console.log(`✗ ${sdk} ${titleOf(row)}\n  ${difference}`)
  }
  const failed = results.filter(({ differences }) => differences.length > 0).length + gaps.length
  console.log(`${rows.length} rows, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

async function runAll(rows: readonly MatrixRow[], ledger: CreditLedger): Promise<RowResult[]> {
  const results: RowResult[] = []
  const run = async (index: number) => {
    const matrixRow = rows[index]
    if (matrixRow) results[index] = await runRow(matrixRow, ledger)
  }
  const together: number[] = []
  for (const [index, { row }] of rows.entries()) {
    if (row.alone) await run(index)
    else together.push(index)
  }
  const workers = Array.from({ length: ROWS_AT_ONCE }, async () => {
    for (let index = together.shift(); index !== undefined; index = together.shift()) await run(index)
  })
  await Promise.all(workers)
  return results
}

/** Equal charges are counted. */
function summarize(charges: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const charge of charges) counts.set(charge, (counts.get(charge) ?? 0) + 1)
  return [...counts].map(([charge, count]) => (count > 1 ? `${count} × ${charge}` : charge)).join(' + ')
}

/** A PostgreSQL for this run alone. */
async function withLedger<T>(use: (ledger: CreditLedger) => Promise<T>): Promise<T> {
  await sweepServerFolders()
  const folder = await makeServerFolder()
  const server = await attachEmbedded(folder)
  try {
    const ledger = await openCredits({ url: server.url, journal: { directory: join(folder, 'journal') } })
    try {
      return await use(ledger)
    } finally {
      await ledger.close()
    }
  } finally {
    await server.release()
    await rm(folder, { recursive: true })
  }
}
