import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectDatabase, type Database } from '../../db/connect.ts'
import { identityOf } from '../../src/journal/identity.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
const opened: Database[] = []
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(async () => {
  await Promise.all(opened.map((each) => each.close()))
  await database.drop()
})

async function connect(url = database.url): Promise<Database> {
  const connected = await connectDatabase({ url })
  opened.push(connected)
  return connected
}

/** The same database at another address. */
const otherwise = (change: (url: URL) => void): string => {
  const url = new URL(database.url)
  change(url)
  return url.href
}

test('a database has one name, at whatever address', async () => {
  const name = await identityOf(await connect())
  const byHost = otherwise((url) => (url.hostname = url.hostname === 'localhost' ? '127.0.0.1' : 'localhost'))
  expect(await identityOf(await connect(byHost))).toBe(name)
})

test('one that cannot be asked has no name: by another one, its journals would not be found again', async () => {
  const dropped = await createTestDatabase()
  const gone = await connect(dropped.url)
  await dropped.drop()
  await expect(identityOf(gone)).rejects.toThrow(/does not exist|terminating/)
})

test('where it does not tell its name, its address has to do', async () => {
  const { sql } = await connect()
  const role = `mute_${process.pid}`
  await sql.unsafe(`create role ${role} login password 'any'`)
  await sql.unsafe(`revoke execute on function pg_control_system() from public`)
  try {
    const asMute = otherwise((url) => {
      url.username = role
      url.password = 'any'
    })
    const mute = await connect(asMute)
    expect(await identityOf(mute)).toMatch(/^[0-9a-f]{16}$/)
    expect(await identityOf(mute)).not.toBe(await identityOf(await connect()))
    await mute.close()
  } finally {
    await sql.unsafe(`drop role ${role}`)
  }
})
