import type postgres from 'postgres'
import { formatAmount } from '../amount.ts'
import type { AuditReport, Divergence } from '../types.ts'
import { AUDIT_RULES, type AuditRule } from './rules.ts'

/** Accounts that are recomputed in one snapshot. */
const PAGE = 200
const DIVERGENCES_MAX = 100

interface DivergentRow {
  account_id: string
  subject: string
  expected: string
  found: string
}

/**
 * Recomputes everything that is stored as a sum from the lines it is the sum of, account by account, each in one
 * snapshot, so that it may run while money moves.
 *
 * @param page accounts in one snapshot; 1 where they may be on different shards
 */
export async function auditAccounts(
  sql: postgres.Sql,
  account: string | undefined,
  page = PAGE,
): Promise<AuditReport> {
  const report: AuditReport = { ok: true, accounts: 0, batches: 0, charges: 0, entries: 0, divergences: [] }
  let after = ''
  for (;;) {
    const accounts = account === undefined ? await nextAccounts(sql, after, page) : [account]
    const last = accounts.at(-1)
    if (last === undefined) return report
    await auditPage(sql, accounts, report)
    if (account !== undefined || report.divergences.length >= DIVERGENCES_MAX) return report
    after = last
  }
}

/** Also accounts that only rows name: a missing account is a divergence. */
async function nextAccounts(sql: postgres.Sql, after: string, page: number): Promise<string[]> {
  const tables = ['accounts', 'holds', 'charges', 'usage_buckets']
  const each = tables.map(
    (table) =>
      `(select distinct account_id from ${table} where account_id > $1 order by account_id limit $2)`,
  )
  const rows = await sql.unsafe<{ account_id: string }[]>(
    `${each.join(' union ')} order by account_id limit $2`,
    [after, page.toString()],
  )
  return rows.map(({ account_id }) => account_id)
}

async function auditPage(sql: postgres.Sql, accounts: string[], report: AuditReport): Promise<void> {
  const literal = `{${accounts.map((name) => JSON.stringify(name)).join(',')}}`
  await sql.begin('isolation level repeatable read read only', async (transaction) => {
    const [counts] = await transaction.unsafe<
      Record<'accounts' | 'batches' | 'charges' | 'entries', string>[]
    >(
      `select ${['accounts', 'batches', 'charges', 'entries']
        .map((table) => `(select count(*) from ${table} where account_id = any($1::text[])) as ${table}`)
        .join(', ')}`,
      [literal],
    )
    report.accounts += Number(counts?.accounts)
    report.batches += Number(counts?.batches)
    report.charges += Number(counts?.charges)
    report.entries += Number(counts?.entries)
    const diverging = new Set<string>()
    for (const rule of AUDIT_RULES) {
      const rows = await transaction.unsafe<DivergentRow[]>(
        `select * from (${rule.sql}) divergent order by account_id, subject limit ${DIVERGENCES_MAX}`,
        [literal],
      )
      for (const row of rows) {
        report.ok = false
        if (diverging.has(row.account_id) || report.divergences.length >= DIVERGENCES_MAX) continue
        diverging.add(row.account_id)
        report.divergences.push(divergenceOf(rule, row))
      }
    }
  })
}

const divergenceOf = ({ rule, amount }: AuditRule, row: DivergentRow): Divergence => ({
  account: row.account_id,
  rule,
  subject: row.subject,
  expected: amount ? shownAmount(row.expected) : row.expected,
  found: amount ? shownAmount(row.found) : row.found,
})

/** Micro-credits as credits, words as they are. */
const shownAmount = (text: string): string => text.replace(/-?\d+$/, (digits) => formatAmount(BigInt(digits)))
