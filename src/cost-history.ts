import type postgres from 'postgres'
import { type Credits, parsePositiveAmount } from './amount.ts'
import { CreditsError } from './errors.ts'

/** What a call has cost, and what it could have cost at most by its estimate. */
export interface PastCost {
  readonly model: string
  readonly cost: bigint
  readonly worstCase: Credits
}

const CHARGES_MAX = 200

interface Row {
  readonly id: string
  readonly model: string | null
  readonly amount: string
  readonly estimated: boolean
  readonly worst_case: string | null
}

/**
 * What an account's last calls have cost, oldest first: those whose usage the provider stated, and whose receipt
 * says what was planned for. At most 200 charges are looked at, by the primary key.
 */
export async function readCostHistory(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
): Promise<PastCost[]> {
  const rows = await sql.unsafe<Row[]>(
    `select id, model, amount, estimated, receipt->>'worstCase' as worst_case
     from charges where account_id = $1 order by id desc limit ${CHARGES_MAX}`,
    [account],
    { prepare },
  )
  const costs: PastCost[] = []
  let cost = 0n
  let estimated = false
  let call = ''
  // The charges of one call share their id but for its last digit. The first of them, last here, states the worst
  // case for all; where the limit has cut it off, the call is left out.
  for (const row of rows) {
    const of = row.id.slice(0, -1)
    if (of !== call) [call, cost, estimated] = [of, 0n, false]
    cost += BigInt(row.amount)
    estimated ||= row.estimated
    const worstCase = row.worst_case === null ? undefined : readWorstCase(row.worst_case)
    if (!estimated && worstCase !== undefined && row.model !== null)
      costs.push({ model: row.model, cost, worstCase })
  }
  return costs.toReversed()
}

/** Receipts are written by anyone who captures: one that states no amount is no history. */
function readWorstCase(text: string): Credits | undefined {
  try {
    return parsePositiveAmount(text)
  } catch (error) {
    if (CreditsError.isInstance(error)) return undefined
    throw error
  }
}
