import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectDatabase, type Database } from '../../db/connect.ts'
import { rates } from '../../db/schema.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let server: TestDatabase
let database: Database

beforeAll(async () => {
  server = await createTestDatabase()
  database = await connectDatabase({ url: server.url })
})

afterAll(async () => {
  await database.close()
  await server.drop()
})

/** The connection string of the test's server with something wrong in it. */
function spoiled(change: (url: URL) => void): string {
  const url = new URL(server.url)
  url.password = 'sesame-open'
  change(url)
  return url.href
}

const opening = (url: string) => connectDatabase({ url }).then((opened) => opened.close())

async function failureOf(url: string): Promise<Error> {
  try {
    await opening(url)
  } catch (error) {
    return error as Error
  }
  return expect.unreachable()
}

describe('an open database', () => {
  it('answers raw SQL with strings for int8 and Dates for timestamps', async () => {
    const [row] =
      await database.sql`select 9007199254740993::int8 as big, '2026-01-02T03:04:05Z'::timestamptz as at`
    expect(row).toEqual({ big: '9007199254740993', at: new Date('2026-01-02T03:04:05Z') })
  })

  it('answers Drizzle in the types of the schema', async () => {
    const price = {
      provider: 'p',
      model: 'm',
      unit: 'u',
      effectiveFrom: new Date('2026-01-02T03:04:05.678Z'),
    }
    const drizzle = await database.drizzle()
    await drizzle.insert(rates).values({ ...price, picoDollars: 9007199254740993n, source: 'test' })
    const [row] = await drizzle.select().from(rates)
    expect(row).toMatchObject({ ...price, picoDollars: 9007199254740993n })
  })

  it('prepares statements without a pooler, unless the connection string says otherwise', async () => {
    expect(database.prepare).toBe(true)
    for (const parameter of ['prepare=false', 'pgbouncer=true']) {
      const other = await connectDatabase({ url: `${server.url}?${parameter}` })
      expect(other.prepare).toBe(false)
      expect(await other.sql`select ${1}::int as one`).toEqual([{ one: 1 }])
      await other.close()
    }
  })

  it('drops connection parameters that the server would refuse', async () => {
    const other = await connectDatabase({ url: `${server.url}?channel_binding=disable&connect_timeout=3` })
    expect(await other.sql`select 1 as one`).toEqual([{ one: 1 }])
    await other.close()
  })

  it('gives lanes of one connection, which run queries in order', async () => {
    const lane = database.openLane()
    const pids = await Promise.all(
      Array.from({ length: 20 }, () => lane.unsafe<{ pid: number }[]>('select pg_backend_pid() as pid')),
    )
    expect(new Set(pids.map(([row]) => row!.pid)).size).toBe(1)
    await lane`create temporary table steps (n int)`
    const steps = Array.from(
      { length: 50 },
      (_, n) => lane`insert into steps select count(*) from steps where ${n} >= 0`,
    )
    await Promise.all(steps)
    const [row] = await lane`select array_to_string(array_agg(n order by ctid), ' ') as order from steps`
    expect(row!.order).toBe(Array.from({ length: 50 }, (_, n) => n).join(' '))
    await lane.end()
  })

  it('ends its lanes and pools when closed, and may be closed twice', async () => {
    const other = await connectDatabase({ url: server.url })
    const lane = other.openLane()
    await lane`select 1`
    await Promise.all([other.close(), other.close()])
    await expect(lane`select 1`).rejects.toMatchObject({ code: 'CONNECTION_ENDED' })
    await expect(other.sql`select 1`).rejects.toMatchObject({ code: 'CONNECTION_ENDED' })
  })

  it('opens at most the connections it is allowed', async () => {
    const other = await connectDatabase({ url: server.url, connections: 2 })
    const pids = await Promise.all(
      Array.from({ length: 12 }, () => other.sql.unsafe('select pg_backend_pid() as pid, pg_sleep(0.01)')),
    )
    expect(new Set(pids.map(([row]) => row!.pid)).size).toBeLessThanOrEqual(2)
    await other.close()
    await expect(connectDatabase({ url: server.url, connections: 0 })).rejects.toThrow(RangeError)
  })
})

describe('a database that cannot be opened', () => {
  it.each([
    [
      'nothing listens',
      (url: URL) => (url.port = '1'),
      /127\.0\.0\.1:1, database "credits_test_\w+".*nothing listens/,
    ],
    ['the host is unknown', (url: URL) => (url.host = 'db.invalid'), /db\.invalid:\d+, .*host name/],
  ])('says so when %s', async (_, change, message) => {
    await expect(opening(spoiled(change))).rejects.toMatchObject({
      name: 'DatabaseError',
      code: 'database_unavailable',
      message: expect.stringMatching(message),
    })
  })

  it('says so when the database does not exist', async () => {
    const url = new URL(server.url)
    url.pathname = '/nowhere'
    await expect(opening(url.href)).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringMatching(/database "nowhere": there is no such database; create it/),
    })
  })

  it('says so when the password is wrong, and shows no password', async () => {
    const failure = await failureOf(spoiled(() => {}))
    expect(failure).toMatchObject({
      code: 'database_unavailable',
      message: expect.stringMatching(/refused the password/),
    })
    expect(`${failure.message} ${String(failure.cause)}`).not.toContain('sesame-open')
  })

  it.each([
    'mysql://root:sesame-open@localhost/x',
    'postgres://user:sesame-open@host:port/x',
    'postgres://u:sesame-open%@h/x',
  ])('refuses a malformed connection string without showing it (%#)', async (url) => {
    const failure = await failureOf(url)
    expect(failure).toMatchObject({ code: 'database_unavailable' })
    expect(failure.cause).toBeUndefined()
    expect(failure.message).not.toContain('sesame-open')
  })

  it('gives up on a server that does not answer', async () => {
    const silent = createServer((socket) => socket.resume())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : undefined
    await expect(opening(`postgres://u:p@127.0.0.1:${port}/x?connect_timeout=1`)).rejects.toMatchObject({
      code: 'database_unavailable',
      message: expect.stringMatching(/did not answer in time/),
    })
    await new Promise((resolve) => silent.close(resolve))
  })
})
