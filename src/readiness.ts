import { schemaVersion } from '../db/migrate.ts'
import type { CreditLedger } from './credits.ts'

/**
 * How many migrations the ledger's database has, and how many this version knows; equal: up to date. One query,
 * which also shows that the database answers. For readiness checks.
 */
export const readSchemaVersion = (ledger: CreditLedger): Promise<{ applied: number; known: number }> =>
  schemaVersion(ledger.database)
