import type { Command } from 'commander'
import type { CreditLedger } from '../../credits.ts'
import { asCreditsError } from '../../database-error.ts'
import type { Shell } from '../shell.ts'
import { counted } from '../views/text.ts'

interface MigrateReport {
  /** Migrations applied now. */
  applied: number
  /** Migrations that the database has. */
  version: number
}

export function addMigrate(program: Command, shell: Shell): void {
  program
    .command('migrate')
    .description('bring the schema of the database up to date')
    .action(async () => {
      await shell.ask(migrate, migratedView, { migrate: false })
    })
}

async function migrate({ database }: CreditLedger): Promise<MigrateReport> {
  // Loaded here, so that no other command waits for it.
  const { migrateDatabase, schemaVersion } = await import('../../../db/migrate.ts')
  try {
    const before = await schemaVersion(database)
    await migrateDatabase(database)
    const after = await schemaVersion(database)
    return { applied: after.applied - before.applied, version: after.applied }
  } catch (error) {
    throw asCreditsError(error)
  }
}

const migratedView = ({ applied, version }: MigrateReport): string =>
  applied === 0
    ? `Nothing to apply: the schema is at version ${version}.`
    : `Applied ${counted(applied, 'migration')}: the schema is at version ${version}.`
