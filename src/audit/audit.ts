import type { Database } from '../../db/connect.ts'
import { formatAmount } from '../amount.ts'
import type { AuditReport, Divergence } from '../types.ts'
import { textArray } from '../ledger/array-literal.ts'
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
  database: Database,
  account: string | undefined,
  fixedTime: Date | null,
  page = PAGE,
): Promise<AuditReport> {
  const report: AuditReport = { ok: true, accounts: 0, batches: 0, charges: 0, entries: 0, divergences: [] }
  let after = ''
  for (;;) {
    const accounts = account === undefined ? await nextAccounts(database, after, page) : [account]
    const last = accounts.at(-1)
    if (last === undefined) return report
    addPage(report, await auditPage(database, accounts, fixedTime))
    if (account !== undefined || report.divergences.length >= DIVERGENCES_MAX) return report
    after = last
  }
}

/** Also accounts that only rows name: a missing account is a divergence. */
async function nextAccounts(database: Database, after: string, page: number): Promise<string[]> {
  const tables = ['accounts', 'holds', 'charges', 'usage_buckets']
  const each = tables.map(
    (table) =>
      `(select distinct account_id from ${table} where account_id > $1 order by account_id limit $2)`,
  )
  const text = `${each.join(' union ')} order by account_id limit $2`
  const rows = await database.read((sql) =>
    sql.unsafe<{ account_id: string }[]>(text, [after, page.toString()]),
  )
  return rows.map(({ account_id }) => account_id)
}

function addPage(report: AuditReport, page: AuditReport): void {
  report.ok &&= page.ok
  report.accounts += page.accounts
  report.batches += page.batches
  report.charges += page.charges
  report.entries += page.entries
  report.divergences.push(...page.divergences.slice(0, DIVERGENCES_MAX - report.divergences.length))
}

function auditPage(
  database: Database,
  accounts: readonly string[],
  fixedTime: Date | null,
): Promise<AuditReport> {
  const names = textArray(accounts)
  const at = fixedTime?.toISOString() ?? null
  return database.read((sql) =>
    sql.begin('isolation level repeatable read read only', async (transaction) => {
      const [counts] = await transaction.unsafe<Record<(typeof COUNTED)[number], string>[]>(
        `select ${COUNTED.map(
          (table) => `(select count(*) from ${table} where account_id = any($1::text[])) as ${table}`,
        ).join(', ')}`,
        [names],
      )
      const divergences = new Map<string, Divergence>()
      for (const rule of AUDIT_RULES) {
        const rows = await transaction.unsafe<DivergentRow[]>(
          // Not every rule asks for the time; a parameter must be named somewhere.
          `select divergent.* from (${rule.sql}) divergent where $2::timestamptz is null or true
           order by account_id, subject limit ${DIVERGENCES_MAX}`,
          [names, at],
        )
        for (const row of rows) {
          if (!divergences.has(row.account_id)) divergences.set(row.account_id, divergenceOf(rule, row))
        }
      }
      return {
        ok: divergences.size === 0,
        accounts: Number(counts?.accounts),
        batches: Number(counts?.batches),
        charges: Number(counts?.charges),
        entries: Number(counts?.entries),
        divergences: [...divergences.values()],
      }
    }),
  )
}

const COUNTED = ['accounts', 'batches', 'charges', 'entries'] as const

const divergenceOf = ({ rule, amount }: AuditRule, row: DivergentRow): Divergence => ({
  account: row.account_id,
  rule,
  subject: row.subject,
  expected: amount ? shownAmount(row.expected) : row.expected,
  found: amount ? shownAmount(row.found) : row.found,
})

/** Micro-credits as credits, words as they are. */
const shownAmount = (text: string): string => text.replace(/-?\d+$/, (digits) => formatAmount(BigInt(digits)))
