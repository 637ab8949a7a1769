import { execFile, type ExecFileOptions } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { DatabaseError } from '../errors.ts'

/** Whom the server runs as; undefined: as the user of this process. */
export type ServerUser = { readonly uid: number; readonly gid: number } | undefined

const CANDIDATES = ['postgres', 'nobody']

/**
 * PostgreSQL refuses to run as root. For root this finds an unprivileged user that exists; nobody is added.
 *
 * @throws DatabaseError `embedded_failed`
 */
export async function findServerUser(): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return undefined
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  for (const candidate of CANDIDATES) {
    const [, , uid, gid] = users.find(([name]) => name === candidate) ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new DatabaseError(
    'embedded_failed',
    'PostgreSQL does not run as root, and there is no user "postgres" or "nobody" to run it as: ' +
      'run this as another user, or set DATABASE_URL.',
  )
}

/**
 * How a program of the server is started: from a folder that everyone may enter, and without the caller's
 * environment, which holds PG… variables that would change the server, and secrets that are not for it.
 */
export function serverProcess(user: ServerUser): {
  cwd: string
  env: NodeJS.ProcessEnv
  uid?: number
  gid?: number
} {
  const env: NodeJS.ProcessEnv = { LC_ALL: 'C' }
  for (const name of ['PATH', 'LD_LIBRARY_PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR']) {
    if (process.env[name] !== undefined) env[name] = process.env[name]
  }
  return { cwd: '/', env, ...user }
}

const run = promisify(execFile)

/** Runs a program of the server to its end. Rejects with what it said. */
export async function runAs(user: ServerUser, program: string, ...parameters: string[]): Promise<string> {
  const options: ExecFileOptions = { ...serverProcess(user), timeout: 60_000, encoding: 'utf8' }
  const { stdout } = await run(program, parameters, options)
  return String(stdout)
}

/** Whether the server may enter a folder; asked of the system, as modes alone do not tell (ACLs, mounts). */
export async function mayEnter(user: ServerUser, folder: string): Promise<boolean> {
  if (user === undefined) return true
  try {
    await runAs(user, '/bin/sh', '-c', 'test -x "$1"', 'sh', folder)
    return true
  } catch {
    // `test` says no by its exit code.
    return false
  }
}
