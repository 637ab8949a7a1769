import { createHash, randomBytes, randomUUID } from 'node:crypto'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { DatabaseError } from '../errors.ts'
import { codeOf } from '../unreachable.ts'
import { type Binaries, prepareBinaries, SHARED_FOLDER } from './binaries.ts'
import { findServerUser, mayEnter, runAs, type ServerUser } from './server-user.ts'

/** A database cluster on disk. */
export interface Cluster {
  /** The folder that PostgreSQL calls PGDATA, without symbolic links. */
  readonly data: string
  /** What the server says, beside the data. */
  readonly log: string
  readonly password: string
  readonly user: ServerUser
  /** Found when first needed: to attach to a running server needs none. */
  binaries(): Promise<Binaries>
}

/**
 * Opens the cluster of a directory, and creates it the first time. Many processes may do so at once: each prepares
 * its own beside it, one renames it into place, the others discard theirs.
 *
 * @throws DatabaseError `database_required`, `embedded_failed`
 */
export async function openCluster(directory: string): Promise<Cluster> {
  const folder = await prepareFolder(resolve(directory))
  const user = await findServerUser()
  const home = await findHome(folder, user)
  const place = join(home, 'cluster')
  let found: Promise<Binaries> | undefined
  const binaries = (as: ServerUser) => (found ??= prepareBinaries(as))

  if (!(await isPresent(place))) await createCluster(place, user, await binaries(user))
  const data = await realpath(join(place, 'data'))
  const owner = await stat(data)
  // A cluster that was made by another than root stays that user's: PostgreSQL insists that its owner runs it.
  const runsAs = user === undefined ? undefined : { uid: owner.uid, gid: owner.gid }
  return {
    data,
    log: join(place, 'server.log'),
    password: await readPassword(join(place, 'password')),
    user: runsAs,
    binaries: () => binaries(runsAs),
  }
}

async function prepareFolder(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true })
  const folder = await realpath(directory)
  // A user's repository is no place for a database and its password.
  await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: unknown) => {
    if (!['EEXIST', 'EACCES', 'EROFS'].includes(codeOf(error) ?? '')) throw error
  })
  return folder
}

/**
 * The folder that holds the cluster: the directory itself; or, where the server's user may not enter it (root's
 * home, a private temporary folder), one that it may, to which a link in the directory points.
 */
async function findHome(folder: string, user: ServerUser): Promise<string> {
  const link = join(folder, 'cluster')
  const target = await readLinkOf(link)
  if (target !== undefined) return targetHome(link, target)
  if ((await isPresent(link)) || (await mayEnter(user, folder))) return folder

  const digest = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  const home = join(SHARED_FOLDER, `${digest}-${randomUUID().slice(0, 8)}`)
  await mkdir(home, { recursive: true })
  await chmod(SHARED_FOLDER, 0o755)
  await chmod(home, 0o711)
  await writeFile(join(home, 'origin'), `${folder}\n`)
  try {
    await symlink(join(home, 'cluster'), link)
    return home
  } catch (error) {
    await rm(home, { recursive: true, force: true })
    const first = codeOf(error) === 'EEXIST' ? await readLinkOf(link) : undefined
    if (first === undefined) throw error
    return targetHome(link, first)
  }
}

async function targetHome(link: string, target: string): Promise<string> {
  const home = dirname(target)
  if (await isPresent(home)) return home
  throw new DatabaseError(
    'embedded_failed',
    `The embedded database's files are gone: ${link} points to ${target}. Remove ${link} to begin with an empty one.`,
  )
}

async function createCluster(place: string, user: ServerUser, binaries: Binaries): Promise<void> {
  const own = join(dirname(place), `new-${randomUUID()}`)
  const password = join(own, 'password')
  try {
    await mkdir(own, { mode: 0o700 })
    await writeFile(password, randomBytes(24).toString('hex'), { mode: 0o600 })
    if (user !== undefined) {
      // The folder last: once it is that user's, a link could stand in the place of the file.
      await chown(password, user.uid, user.gid)
      await chown(own, user.uid, user.gid)
    }
    const data = join(own, 'data')
    const parameters = [
      '--username=postgres',
      `--pwfile=${password}`,
      '--auth=scram-sha-256',
      '--no-instructions',
    ]
    await runAs(user, binaries.initdb, '--pgdata', data, ...parameters, '--encoding=UTF8', '--locale=C')
    await rename(own, place)
  } catch (error) {
    if (!(await isPresent(place))) throw cannotCreate(place, error)
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

async function readPassword(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw new DatabaseError(
      'embedded_failed',
      `The embedded database's password cannot be read (${codeOf(error)}: ${path}); ` +
        'it is for the user that created the database, and for root.',
      { cause: error },
    )
  }
}

async function isPresent(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

/** Where a symbolic link points, or undefined for what is none. */
async function readLinkOf(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function cannotCreate(place: string, error: unknown): DatabaseError {
  const said = error instanceof Error ? error.message : String(error)
  return new DatabaseError(
    'embedded_failed',
    `Cannot create the embedded database in ${place}: ${said.trim()}`,
    {
      cause: error,
    },
  )
}
