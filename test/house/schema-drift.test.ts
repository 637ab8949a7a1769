import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import * as tables from '../../db/schema.ts'
import { schemaDrift } from '../../scripts/house/schema-drift.ts'

const FOLDER = 'db/migrations'

test('the migrations make exactly the tables of the schema', async () => {
  expect(await schemaDrift(tables, FOLDER)).toEqual([])
})

test('a table that no migration makes is named', async () => {
  const planted = pgTable('planted', { accountId: text('account_id').primaryKey(), n: integer('n') })
  const statements = await schemaDrift({ ...tables, planted }, FOLDER)
  expect(statements).toHaveLength(1)
  expect(statements[0]).toContain('CREATE TABLE "planted"')
})

test('a table that the schema no longer has is named', async () => {
  const { alerts, ...fewer } = tables
  expect(alerts).toBeDefined()
  expect(await schemaDrift(fewer, FOLDER)).toContain('DROP TABLE "alerts" CASCADE;')
})

test('a column that may be a renamed one fails the check instead of being guessed', async () => {
  const accounts = pgTable('accounts', { id: text('id').primaryKey() })
  await expect(schemaDrift({ ...tables, accounts }, FOLDER)).rejects.toThrow('Interactive prompts')
})
