import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cluster, openCluster } from '../../../db/embedded/cluster.ts'
import { readPostmaster } from '../../../db/embedded/postmaster.ts'
import { startServer, stopServer } from '../../../db/embedded/server.ts'

const START_TIMEOUT_MS = 30_000

/** A PostgreSQL of a test's own, which nothing but the test starts or stops. */
export interface OwnServer {
  readonly url: string
  /** Sessions are ended, transactions rolled back, all is written. */
  shutDown(): Promise<void>
  /** The power goes off: nothing is ended, nothing is written; the next start recovers. */
  crash(): Promise<void>
  /** At the same port. */
  start(): Promise<void>
  /** Shuts it down and removes its files. */
  remove(): Promise<void>
}

export async function createOwnServer(): Promise<OwnServer> {
  const directory = await mkdtemp(join(tmpdir(), 'agent-credits-restart-'))
  // For root: the server's unprivileged user must get in.
  await chmod(directory, 0o711)
  const cluster = await openCluster(directory)
  await startAt(cluster, undefined)
  const { port } = await postmasterOf(cluster)

  async function crash(): Promise<void> {
    const { pid } = await postmasterOf(cluster)
    process.kill(pid, 'SIGKILL')
  }

  return {
    url: `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`,
    shutDown: () => stopServer(cluster),
    crash,
    start: () => startAt(cluster, port),
    remove: async () => {
      await stopServer(cluster)
      await rm(directory, { recursive: true })
    },
  }
}

/** Sessions of a server that was killed live on for a moment, and none may be started beside them. */
async function startAt(cluster: Cluster, port: number | undefined): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await startServer(cluster, port, deadline))) {
    if (Date.now() > deadline) throw new Error('The server did not start again')
  }
}

async function postmasterOf(cluster: Cluster) {
  const postmaster = await readPostmaster(cluster.data)
  if (postmaster === undefined) throw new Error('The server does not run')
  return postmaster
}
