import { createHash, randomUUID } from 'node:crypto'
import {
  chmod,
  lstat,
  mkdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { DatabaseError } from '../errors.ts'
import { codeOf } from '../unreachable.ts'
import { type Binaries, prepareBinaries, SHARED_FOLDER } from './binaries.ts'
import { createCluster, isPresent } from './create-cluster.ts'
import { findServerUser, mayEnter, type ServerUser } from './server-user.ts'

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
 * Opens the cluster of a directory, and creates it the first time. Many processes may do so at once.
 *
 * @throws DatabaseError `database_required`, `embedded_failed`
 */
export async function openCluster(directory: string): Promise<Cluster> {
  const user = await findServerUser()
  // Before anything is written: who lacks the programs is left with no folder.
  const prepared = (await isPresent(join(directory, 'cluster'))) ? undefined : await prepareBinaries(user)
  const home = await findHome(await prepareFolder(resolve(directory)), user)
  const place = join(home, 'cluster')
  if (prepared !== undefined && !(await isPresent(place))) await createCluster(place, user, prepared.initdb)

  const password = await readPassword(join(place, 'password'))
  const data = await realpath(join(place, 'data'))
  const owner = await stat(data)
  // A cluster that was made by another than root stays that user's: PostgreSQL insists that its owner runs it.
  const runsAs = user === undefined ? undefined : { uid: owner.uid, gid: owner.gid }
  let binaries = prepared && Promise.resolve(prepared)
  return {
    data,
    log: join(place, 'server.log'),
    password,
    user: runsAs,
    binaries: () => (binaries ??= prepareBinaries(runsAs)),
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

/** Where a symbolic link points, or undefined for what is none. */
async function readLinkOf(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
