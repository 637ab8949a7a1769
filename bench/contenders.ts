/** The same call three ways: this ledger's, the floor under it, and a careful transaction per operation. */
import { eq, sql as fragment } from 'drizzle-orm'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import * as schema from '../db/schema.ts'
import { newCallId, newId } from '../src/ids.ts'
import { compareDrawDown, type CreditLedger, drawDown } from '../src/index.ts'

const CONNECTIONS = 32

export interface Contender {
  readonly inFlight: number
  call(account: string): Promise<unknown>
  close(): Promise<void>
}

/** Authorize and capture, each durable when it resolves, with a receipt as the middleware writes it. */
export const ledgerCalls = (ledger: CreditLedger): Contender => ({
  inFlight: 512,
  async call(account) {
    const hold = await ledger.authorize(account, {
      amount: '2',
      category: 'LLM',
      model: 'gpt-5-mini',
      agent: 'support',
      user: 'U1',
    })
    await ledger.capture(account, hold.id, {
      amount: '1.25',
      provider: 'openai',
      units: { input_tokens: '1200', output_tokens: '88' },
      rateVersion: 'genai-prices@0.1.8',
      exactCost: '1.2496',
    })
  },
  close: async () => {},
})

/** Two bare single-row INSERTs, each its own commit: what PostgreSQL itself takes for two durable facts. */
export async function floorCalls(url: string): Promise<Contender> {
  const sql = postgres(url, { max: CONNECTIONS, onnotice: () => {} })
  await sql.unsafe(`create table if not exists bench_floor (
    account_id text not null, id uuid not null, amount bigint not null, primary key (account_id, id))`)
  const insert = (account: string) =>
    sql`insert into bench_floor (account_id, id, amount) values (${account}, ${newId()}, 2000000)`
  return {
    inFlight: CONNECTIONS,
    async call(account) {
      await insert(account)
      await insert(account)
    },
    close: () => sql.end(),
  }
}

/** One bare durable INSERT on one connection, for latency. */
export async function bareInsert(
  url: string,
): Promise<{ insert: () => Promise<unknown>; close: () => Promise<void> }> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  return {
    insert: () => sql`insert into bench_floor (account_id, id, amount) values ('idle', ${newId()}, 2000000)`,
    close: () => sql.end(),
  }
}

/** What one would write first, with care: a transaction per operation under the account's lock, on the same tables. */
export function baselineCalls(url: string): Contender {
  const client = postgres(url, { max: CONNECTIONS, onnotice: () => {} })
  const database = drizzle(client, { schema })
  return {
    inFlight: CONNECTIONS,
    async call(account) {
      const holdId = await baselineAuthorize(database, account, 2_000_000n)
      await baselineCapture(database, account, holdId, 1_250_000n)
    },
    close: () => client.end(),
  }
}

type Store = PostgresJsDatabase<typeof schema>

async function baselineAuthorize(database: Store, account: string, amount: bigint): Promise<string> {
  const { accounts, batches, holds } = schema
  return database.transaction(async (tx) => {
    const [row] = await tx.select().from(accounts).where(eq(accounts.accountId, account)).for('update')
    const open = await tx
      .select()
      .from(batches)
      .where(fragment`${batches.accountId} = ${account} and ${batches.open}`)
    const remaining = open.reduce((sum, batch) => sum + batch.remaining, 0n)
    if (!row || remaining - row.held - row.debt < amount) throw new Error('insufficient_credits')
    const id = newCallId()
    const now = new Date()
    const expiresAt = new Date(now.getTime() + 600_000)
    await tx
      .insert(holds)
      .values({ accountId: account, id, amount, category: 'LLM', authorizedAt: now, expiresAt })
    await tx
      .update(accounts)
      .set({
        held: row.held + amount,
        openHolds: row.openHolds + 1,
        version: row.version + 1,
        nextLapse: now,
      })
      .where(eq(accounts.accountId, account))
    return id
  })
}

async function baselineCapture(
  database: Store,
  account: string,
  holdId: string,
  cost: bigint,
): Promise<void> {
  const { accounts, batches, charges, holds, usageBuckets } = schema
  await database.transaction(async (tx) => {
    const [row] = await tx.select().from(accounts).where(eq(accounts.accountId, account)).for('update')
    const mine = fragment`${holds.accountId} = ${account} and ${holds.id} = ${holdId}`
    const [hold] = await tx.select().from(holds).where(mine)
    const open = await tx
      .select()
      .from(batches)
      .where(fragment`${batches.accountId} = ${account} and ${batches.open}`)
    if (!row || !hold) throw new Error('hold_not_found')
    const now = new Date()
    const ordered = open
      .map((batch) => ({
        ...batch,
        addedAt: batch.addedAt.getTime(),
        expiresAt: batch.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY,
      }))
      .toSorted(compareDrawDown)
    const { draws } = drawDown(ordered, cost, now.getTime())
    for (const { batch, amount } of draws) {
      const remaining = batch.remaining - amount
      await tx
        .update(batches)
        .set({ drawn: batch.drawn + amount, remaining, open: remaining > 0n })
        .where(fragment`${batches.accountId} = ${account} and ${batches.id} = ${batch.id}`)
    }
    await tx.delete(holds).where(mine)
    await tx.insert(charges).values({
      accountId: account,
      id: holdId,
      category: 'LLM',
      amount: cost,
      debt: 0n,
      held: hold.amount,
      drawBatches: draws.map(({ batch }) => batch.id),
      drawAmounts: draws.map(({ amount }) => amount),
      estimated: false,
      receipt: { units: { input_tokens: '1200', output_tokens: '88' } },
      chargedAt: now,
    })
    await tx
      .insert(usageBuckets)
      .values({
        accountId: account,
        startsAt: new Date(Math.floor(now.getTime() / 900_000) * 900_000),
        category: 'LLM',
        charges: 1,
        amount: cost,
      })
      .onConflictDoUpdate({
        target: [
          usageBuckets.accountId,
          usageBuckets.startsAt,
          usageBuckets.category,
          usageBuckets.model,
          usageBuckets.agent,
          usageBuckets.user,
        ],
        set: {
          charges: fragment`${usageBuckets.charges} + 1`,
          amount: fragment`${usageBuckets.amount} + ${cost.toString()}::bigint`,
        },
      })
    await tx
      .update(accounts)
      .set({ held: row.held - hold.amount, openHolds: row.openHolds - 1, version: row.version + 1 })
      .where(eq(accounts.accountId, account))
  })
}
