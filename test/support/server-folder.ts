import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attachEmbedded } from '../../db/embedded.ts'
import { codeOf } from '../../db/unreachable.ts'

const PREFIX = 'agent-credits-test-'

/** A new temporary folder for an embedded PostgreSQL, named after this process. */
export async function makeServerFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
  // For root: the server's unprivileged user must get in.
  await chmod(folder, 0o711)
  return folder
}

/** Stops the servers of runs that were killed, and removes their folders. */
export async function sweepServerFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid] = new RegExp(`^${PREFIX}(\\d+)-`).exec(name) ?? []
    if (pid === undefined || isAlive(Number(pid))) continue
    const folder = join(tmpdir(), name)
    try {
      const server = await attachEmbedded(folder)
      await server.release()
    } catch {
      // What does not start need not be stopped.
    }
    // Another run may sweep at the same time, or the folder be another user's: what cannot be removed stays.
    await rm(folder, { recursive: true, force: true }).catch(() => {})
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
