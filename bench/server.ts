import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attachEmbedded } from '../db/embedded.ts'
import { type CreditLedger, openCredits } from '../src/index.ts'

export interface BenchServer {
  readonly ledger: CreditLedger
  close(): Promise<void>
}

/** A PostgreSQL for this run alone (or the one of BENCH_DATABASE_URL), durable as it is shipped, and a ledger on it. */
export async function startServer(): Promise<BenchServer> {
  const given = process.env['BENCH_DATABASE_URL']
  if (given) {
    const ledger = await openCredits({ url: given })
    return { ledger, close: () => ledger.close() }
  }
  const directory = await mkdtemp(join(tmpdir(), 'agent-credits-bench-'))
  // For root: the server's unprivileged user must get in.
  await chmod(directory, 0o711)
  const server = await attachEmbedded(directory)
  const ledger = await openCredits({ url: server.url })
  await requireDurability(ledger)
  return {
    ledger,
    close: async () => {
      await ledger.close()
      await server.release()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Speed without durability would be another bench. */
async function requireDurability({ database }: CreditLedger): Promise<void> {
  const [row] = await database.sql`
    select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`
  if (row?.['fsync'] !== 'on' || row['commit'] !== 'on')
    throw new Error('The bench needs fsync and synchronous_commit on.')
}
