import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { StandInRequest } from '../../demo/openai-stand-in.ts'
import { parseAmount } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { type ChargeRow, chargesOf, compareCharges } from './charges.ts'
import { asReceived, expectedRequest } from './received.ts'
import type { MatrixRow, Row } from './row.ts'
import { asSeen } from './seen.ts'
import { becomesTrue } from './waiting.ts'

/** What came of a row. */
export interface RowResult {
  readonly charges: readonly ChargeRow[]
  /** What is not as it should be, in words. */
  readonly differences: readonly string[]
}

interface RunResult {
  readonly seen: readonly unknown[]
  readonly received: readonly StandInRequest[]
  /** Whether the provider saw the caller leave its last request. */
  readonly left: boolean
}

/** Runs a row plain and metered, and compares. */
export async function runRow(matrixRow: MatrixRow, ledger: CreditLedger): Promise<RowResult> {
  const { row } = matrixRow
  const account = `matrix-${randomUUID()}`
  const granted = row.credit ?? '100'
  if (granted !== '0') await ledger.grant(account, { type: 'paid', amount: granted })
  const plain = row.refused ? undefined : await runOnce(matrixRow, undefined)
  const metered = await runOnce(matrixRow, { ledger, account })
  const differences = [
    ...compareRuns(row, plain, metered),
    ...(await compareBooks(ledger, account, parseAmount(granted))),
  ]
  const charges = await chargesOf(ledger, account)
  const expected = typeof row.charges === 'function' ? row.charges(metered.received) : row.charges
  return { charges, differences: [...differences, ...compareCharges(charges, expected)] }
}

async function runOnce(
  { row, start }: MatrixRow,
  payer: { ledger: CreditLedger; account: string } | undefined,
): Promise<RunResult> {
  const standIn = await start()
  const metering = payer && { credits: payer.ledger, account: payer.account, ...row.options }
  try {
    const seen: unknown[] = []
    const saw = (...more: readonly unknown[]) =>
      void seen.push(...more.map((value) => asSeen(value, standIn.url)))
    try {
      const result = await row.act({ standIn, metering, saw })
      if (result !== undefined) saw({ returned: result })
    } catch (error) {
      saw({ threw: error })
    }
    const left =
      row.leaves === true && (await becomesTrue(() => standIn.requests.at(-1)?.disconnected === true))
    // The stand-in stays until a drain is done, which is when the hold is gone.
    if (payer) await holdsSettled(payer.ledger, payer.account)
    return { seen, received: [...standIn.requests], left }
  } finally {
    await standIn.close()
  }
}

function compareRuns(row: Row, plain: RunResult | undefined, metered: RunResult): string[] {
  if (!plain) {
    return [
      ...compare('seen', row.refused ?? [], metered.seen),
      ...compare('received', [], metered.received.map(asReceived)),
    ]
  }
  const inOrder = (values: readonly unknown[]) =>
    row.unordered ? values.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : values
  const asked = plain.received.map((request) => asReceived(expectedRequest(request, row)))
  return [
    ...(plain.seen.length === 0 ? ['the plain run saw nothing, so there is nothing to compare'] : []),
    ...compare('seen', inOrder(plain.seen), inOrder(metered.seen)),
    ...compare('received', inOrder(asked), inOrder(metered.received.map(asReceived))),
    ...(row.leaves === true && !plain.left ? ['the provider did not see the plain caller leave'] : []),
    ...(row.leaves === true && !metered.left ? ['the provider did not see the metered caller leave'] : []),
  ]
}

/** Names the first thing in which two lists differ. */
function compare(what: string, expected: readonly unknown[], found: readonly unknown[]): string[] {
  if (isDeepStrictEqual(expected, found)) return []
  const at = expected.findIndex((value, index) => !isDeepStrictEqual(value, found[index]))
  const index = at < 0 ? expected.length : at
  const shown = (value: unknown) => (JSON.stringify(value) ?? 'nothing').slice(0, 1500)
  return [
    `${what} (${found.length} instead of ${expected.length}): at ${index}\n` +
      `  metered ${shown(found[index])}\n  plain   ${shown(expected[index])}`,
  ]
}

/** Whether nothing stays reserved, the sums are right, and the balance is what was granted less what was charged. */
async function compareBooks(ledger: CreditLedger, account: string, granted: bigint): Promise<string[]> {
  const [balance, audit, charges] = await Promise.all([
    ledger.balance(account),
    ledger.audit(account),
    chargesOf(ledger, account),
  ])
  const spent = charges.reduce((sum, { amount }) => sum + amount, 0n)
  return [
    ...(balance.openHolds === 0 ? [] : [`${balance.openHolds} holds stay open`]),
    ...(audit.ok ? [] : [`the audit fails: ${JSON.stringify(audit.divergences)}`]),
    ...(balance.settled === granted - spent
      ? []
      : [`the balance is ${balance.settled} µ instead of ${granted - spent} µ`]),
  ]
}

async function holdsSettled(ledger: CreditLedger, account: string): Promise<void> {
  await becomesTrue(async () => (await ledger.balance(account)).openHolds === 0)
  await ledger.settled()
}
