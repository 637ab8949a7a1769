import { randomBytes, randomUUID } from 'node:crypto'
import { chown, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError } from '../errors.ts'
import { codeOf } from '../unreachable.ts'
import { runAs, type ServerUser } from './server-user.ts'

const POLL_MS = 20
const YIELD_MS = 15_000

/**
 * Creates a cluster, with its password, beside its place and moves it there as a whole: a crash leaves none or a
 * complete one. Of many processes that do so at once one usually works while the others wait; that two work is
 * harmless, as one move fails.
 *
 * @throws DatabaseError `embedded_failed`
 */
export async function createCluster(place: string, user: ServerUser, initdb: string): Promise<void> {
  const own = join(dirname(place), `new-${process.pid}-${randomUUID()}`)
  try {
    await mkdir(own, { mode: 0o700 })
    await yieldToOthers(own, place)
    if (await isPresent(place)) return
    await fill(own, user, initdb)
    await rename(own, place)
  } catch (error) {
    if (!(await isPresent(place))) throw cannotCreate(place, error)
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

async function fill(own: string, user: ServerUser, initdb: string): Promise<void> {
  const password = join(own, 'password')
  await writeFile(password, randomBytes(24).toString('hex'), { mode: 0o600 })
  if (user !== undefined) {
    // The folder last: once it is that user's, a link could stand in the place of the file.
    await chown(password, user.uid, user.gid)
    await chown(own, user.uid, user.gid)
  }
  const account = ['--username=postgres', `--pwfile=${password}`, '--auth=scram-sha-256']
  const texts = ['--encoding=UTF8', '--locale=C', '--no-instructions']
  await runAs(user, initdb, '--pgdata', join(own, 'data'), ...account, ...texts)
}

/** Waits while a process whose folder comes before ours is at work; sweeps up after those that were killed. */
async function yieldToOthers(own: string, place: string): Promise<void> {
  const deadline = Date.now() + YIELD_MS
  while (Date.now() < deadline && !(await isPresent(place))) {
    let first = own
    for (const name of await readdir(dirname(own))) {
      const [, pid] = /^new-(\d+)-/.exec(name) ?? []
      if (pid === undefined) continue
      const other = join(dirname(own), name)
      // Its initdb may outlive it for a moment, and still write.
      if (!isAlive(Number(pid))) await rm(other, { recursive: true, force: true, maxRetries: 5 })
      else if (other < first) first = other
    }
    if (first === own) return
    await sleep(POLL_MS)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, as another user's.
    return codeOf(error) === 'EPERM'
  }
}

/** Whether there is a file or folder, following links. */
export async function isPresent(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

function cannotCreate(place: string, error: unknown): DatabaseError {
  const said = error instanceof Error ? error.message : String(error)
  const message = `Cannot create the embedded database in ${place}: ${said.trim()}`
  return new DatabaseError('embedded_failed', message, { cause: error })
}
