import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { atDatabase, withMaintenance } from './server.ts'

export interface TestDatabase {
  readonly url: string
  /** Drops it, and ends whoever is still connected. */
  drop(): Promise<void>
}

/**
 * A database of one's own, with the schema: a copy of the run's template. One for each test file, or more.
 *
 * @example
 * const database = await createTestDatabase()
 * afterAll(() => database.drop())
 */
export function createTestDatabase(): Promise<TestDatabase> {
  return createFrom(inject('templateDatabase'))
}

/** A database without any table. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createFrom('template0')
}

async function createFrom(template: string): Promise<TestDatabase> {
  const server = inject('serverUrl')
  const name = `credits_test_${randomUUID().replaceAll('-', '').slice(0, 16)}`
  await withMaintenance(server, (sql) => sql`create database ${sql(name)} template ${sql(template)}`)
  return {
    url: atDatabase(server, name),
    drop: async () => {
      await withMaintenance(server, (sql) => sql`drop database if exists ${sql(name)} with (force)`)
    },
  }
}
