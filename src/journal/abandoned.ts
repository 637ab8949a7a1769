import { open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { newId } from '../ids.ts'
import { TOUCH_EVERY_MS } from './journal.ts'
import { type Owner, stateOf } from './owner.ts'
import { JournalReader } from './records.ts'

/** Owners touch their journals; one that has not been for this long has none. */
const UNTOUCHED_MS = 6 * TOUCH_EVERY_MS
/** More than a first line has. */
const HEADER_BYTES = 1024

/**
 * The journals of a folder whose owner is gone: left when a ledger closed, of a process that has ended, or, where
 * that cannot be looked up, not touched for a minute.
 */
export async function findAbandoned(folder: string): Promise<string[]> {
  const found: string[] = []
  let now: number | undefined
  for (const name of await namesIn(folder)) {
    const path = join(folder, name)
    const state = await stateOfFile(path)
    if (state === 'alive') continue
    if (state === 'unknown') {
      now ??= await timeOf(folder)
      const touchedAt = await modifiedAt(path)
      if (touchedAt === undefined || now - touchedAt < UNTOUCHED_MS) continue
    }
    // What was being written anew when its process ended: the old one is still there. And what told the time.
    if (/\.(new|time)$/.test(name)) await rm(path, { force: true })
    else found.push(path)
  }
  return found
}

/**
 * Takes an abandoned journal, so that no other process does; even if one did, keys make twice once.
 *
 * @returns where it is now; undefined if another process was faster
 */
export async function claim(path: string): Promise<string | undefined> {
  const taken = join(dirname(path), `${newId()}.taken`)
  try {
    await rename(path, taken)
    const now = new Date()
    await utimes(taken, now, now)
    return taken
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export async function readJournal(path: string): Promise<JournalReader> {
  const reader = new JournalReader()
  const file = await open(path)
  try {
    let last: string | undefined
    for await (const line of file.readLines()) {
      if (last !== undefined) reader.line(last, false)
      last = line
    }
    if (last !== undefined) reader.line(last, true)
  } finally {
    await file.close()
  }
  return reader
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder)
    return names.filter((name) => /\.(journal|left|taken|new|time)$/.test(name)).toSorted()
  } catch (error) {
    // Made with the first record.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

async function stateOfFile(path: string): Promise<'alive' | 'dead' | 'unknown'> {
  if (path.endsWith('.left')) return 'dead'
  // Its first owner is dead; whether who took it lives is told by its time.
  if (path.endsWith('.taken')) return 'unknown'
  const owner = await ownerOf(path)
  return owner ? stateOf(owner) : 'unknown'
}

/** From the first line; undefined where that is none, or the file has just been removed. */
async function ownerOf(path: string): Promise<Owner | undefined> {
  const reader = new JournalReader()
  try {
    reader.line(await firstLineOf(path), true)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return reader.content.owner
}

async function firstLineOf(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0)
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split('\n', 1)
    return line
  } finally {
    await file.close()
  }
}

/** Of the file system: folders may be shared by machines whose clocks differ. */
async function timeOf(folder: string): Promise<number> {
  const probe = join(folder, `${newId()}.time`)
  await writeFile(probe, '', { mode: 0o600 })
  try {
    return (await modifiedAt(probe)) ?? Date.now()
  } finally {
    await rm(probe, { force: true })
  }
}

async function modifiedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs
  } catch {
    return undefined
  }
}
