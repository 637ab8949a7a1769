import postgres from 'postgres'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connectDatabase, type Database } from '../../db/connect.ts'
import { migrateDatabase, schemaVersion } from '../../db/migrate.ts'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'
import { startProcess } from '../support/processes.ts'

let empty: TestDatabase
let database: Database

beforeEach(async () => {
  empty = await createEmptyDatabase()
  database = await connectDatabase({ url: empty.url, connections: 2 })
})

afterEach(async () => {
  await database.close()
  await empty.drop()
})

async function tables(): Promise<string[]> {
  const rows = await database.sql`select tablename from pg_tables where schemaname = 'public' order by 1`
  return rows.map((row) => row.tablename)
}

it('brings an empty database up to date', async () => {
  const before = await schemaVersion(database)
  expect(before.applied).toBe(0)
  expect(before.known).toBeGreaterThan(0)
  await migrateDatabase(database)
  expect(await schemaVersion(database)).toEqual({ applied: before.known, known: before.known })
  expect(await tables()).toEqual(
    expect.arrayContaining(['accounts', 'batches', 'charges', 'credits_migrations']),
  )
})

it('migrates once when eight processes do it at the same time', async () => {
  const workers = Array.from({ length: 8 }, () =>
    startProcess(new URL('./migrate-worker.ts', import.meta.url), [empty.url]),
  )
  await Promise.all(workers.map((worker) => worker.waitForLine(/^ready$/)))
  for (const worker of workers) worker.writeLine('go')
  const ends = await Promise.all(workers.map((worker) => worker.ended))
  expect(workers.map((worker) => worker.output())).toEqual(workers.map(() => 'ready\nmigrated\n'))
  expect(ends).toEqual(workers.map(() => ({ code: 0, signal: null })))
  const { applied, known } = await schemaVersion(database)
  expect(applied).toBe(known)
})

it('costs one query when there is nothing to do', async () => {
  await migrateDatabase(database)
  const queries: string[] = []
  const sql = postgres(empty.url, { max: 1, fetch_types: false, debug: (_, query) => queries.push(query) })
  await migrateDatabase({ sql })
  expect(queries).toEqual(['select version from public.credits_migrations'])
  await sql.end()
})

it('refuses a database that is newer than the code, before and after changing anything', async () => {
  await migrateDatabase(database)
  await database.sql`insert into public.credits_migrations (version) values (99999999999999)`
  const refusal = {
    name: 'DatabaseError',
    code: 'database_newer',
    message: expect.stringMatching(/update agent-credits/),
  }
  await expect(migrateDatabase(database)).rejects.toMatchObject(refusal)
  const { applied, known } = await schemaVersion(database)
  expect(applied).toBe(known + 1)

  // Of a branch: one that it knows is missing, one that it does not know is there.
  await database.sql`delete from public.credits_migrations where version < 99999999999999`
  await expect(migrateDatabase(database)).rejects.toMatchObject(refusal)
})

it('leaves nothing behind when a migration fails', async () => {
  await database.sql`create table charges (somebody_elses int)`
  await expect(migrateDatabase(database)).rejects.toMatchObject({
    code: 'database_unavailable',
    message: expect.stringMatching(/relation "charges" already exists/),
  })
  expect(await tables()).toEqual(['charges'])
  expect((await schemaVersion(database)).applied).toBe(0)
})
