import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api'

/**
 * The statements that `drizzle-kit generate` would write for these tables beyond the migrations in `folder`:
 * none where the two agree. Reads the folder only.
 *
 * @throws Error where drizzle-kit would have to ask whether something was renamed; it can only ask at a terminal.
 */
export function schemaDrift(tables: Record<string, unknown>, folder: string): Promise<string[]> {
  const last = lastSnapshot(folder)
  const wanted: unknown = generateDrizzleJson(tables, last.id)
  return generateMigration(last, wanted)
}

/** The rest of a snapshot is drizzle-kit's own; its types describe it with another zod than ours, so not at all. */
interface Snapshot {
  id: string
}

function lastSnapshot(folder: string): Snapshot {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, 'meta', name), 'utf8'))
  const journal = read('_journal.json') as { entries: { idx: number }[] }
  const last = journal.entries.at(-1)
  if (!last) throw new Error(`${folder} holds no migration`)
  return read(`${String(last.idx).padStart(4, '0')}_snapshot.json`) as Snapshot
}
