/** `node scripts/check-schema-drift.ts`: exits 1 where db/schema.ts says more than db/migrations. */
import * as tables from '../db/schema.ts'
import { schemaDrift } from './house/schema-drift.ts'

const statements = await schemaDrift(tables, 'db/migrations')
if (statements.length > 0) {
  console.error('db/schema.ts differs from the last migration. Run `npx drizzle-kit generate` and review:')
  console.error(statements.join('\n'))
  process.exitCode = 1
}
