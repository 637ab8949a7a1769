import type postgres from 'postgres'
import { micro } from '../amount.ts'
import { BATCH_COLUMNS, batchOfRow, type Row } from '../ledger/stored-rows.ts'
import type { Forecast } from '../types.ts'
import { DAY_MS, forecastCredit } from './forecast.ts'
import type { RateMemory } from './rate-memory.ts'
import { readUsageRate } from './usage-rate.ts'

/** Beyond so many batches the last ones are left out: they are spent last. */
const BATCHES_MAX = 1_000

const STATE = `
  select coalesce($2::timestamptz, clock_timestamp()) as at,
    coalesce((select debt from accounts where account_id = $1), 0)::text as debt`

/** How long an account's credit lasts at its recent rate. What there is is as of now; the rate may be seconds old. */
export async function readForecast(
  sql: postgres.Sql,
  prepare: boolean,
  account: string,
  rates: RateMemory,
  fixedTime: Date | null,
): Promise<Forecast> {
  const readRate = () => readUsageRate(sql, prepare, account, fixedTime)
  const [rate, states, rows] = await Promise.all([
    // A test's clock moves on by days within a moment.
    fixedTime === null ? rates.rateOf(account, readRate) : readRate(),
    sql.unsafe<{ at: Date; debt: string }[]>(STATE, [account, fixedTime?.toISOString() ?? null], { prepare }),
    sql.unsafe<Row[]>(
      `select ${BATCH_COLUMNS} from batches where account_id = $1 and open
       order by (type = 'paid'), expires_at asc nulls last, added_at, id limit ${BATCHES_MAX}`,
      [account],
      { prepare },
    ),
  ])
  const [state] = states
  if (!state) throw new Error('The state of an account is one row.')
  const now = state.at.getTime()
  const batches = BigInt(state.debt) > 0n ? [] : rows.map(batchOfRow)
  const { runsOutAt, lapses } = forecastCredit(batches, rate.microPerDay, now)
  return {
    perDay: micro(rate.microPerDay),
    since: rate.since,
    runsOutAt: runsOutAt === null ? null : new Date(runsOutAt),
    daysLeft: runsOutAt === null ? null : (runsOutAt - now) / DAY_MS,
    lapses: lapses.map(({ batch, amount, at }) => ({
      batchId: batch.id,
      type: batch.type,
      amount: micro(amount),
      at: new Date(at),
    })),
  }
}
