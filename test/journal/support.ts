import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readJournal } from '../../src/journal/abandoned.ts'
import type { PaidCall } from '../../src/journal/paid-call.ts'

/** A folder for one test. */
export async function makeFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'agent-credits-journal-'))
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** What a call cost, as its process writes it down. */
export const paid = (hold: string, amount = '1', account = 'acme'): PaidCall => ({
  id: hold,
  account,
  hold,
  lines: [{ amount, category: 'LLM' }],
})

/** The journals under a folder, of all databases, by their suffix. */
export function journalsIn(folder: string, suffix: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix) && !name.endsWith('.gitignore'))
    .map((name) => join(folder, name))
}

/** What a journal says is still to be booked. */
export async function outstandingOf(path: string): Promise<PaidCall[]> {
  return (await readJournal(path)).outstanding
}
