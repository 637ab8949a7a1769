import { spawn } from 'node:child_process'
import { constants, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError } from '../errors.ts'
import type { Cluster } from './cluster.ts'
import { ownerOf, readPostmaster } from './postmaster.ts'
import { runAs, serverProcess } from './server-user.ts'

const POLL_MS = 10
const STOP_TIMEOUT_MS = 30_000
const LOG_LIMIT_BYTES = 10 * 1024 * 1024

/**
 * What ends a start that the next attempt may survive: another starts at once (and may not have written its file
 * yet), or took the port, or just died.
 */
const PASSING_FAILURE =
  /lock file .* (already exists|is empty)|still in use|could not bind|could not create any TCP\/IP sockets/

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // A socket's path may be 107 bytes long; a project's folder is sometimes longer.
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  fsync: 'on',
  synchronous_commit: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Of the server's own life, not the errors of queries, which their callers get: the file stays small.
  log_min_messages: 'log',
  log_checkpoints: 'off',
}

/**
 * Starts the server, as a process that outlives this one, and waits until it takes connections.
 *
 * @param port to listen at; undefined: any free one
 * @returns false if another process was quicker, or the port was taken
 * @throws DatabaseError `embedded_failed` with what the server said
 */
export async function startServer(
  cluster: Cluster,
  port: number | undefined,
  deadline: number,
): Promise<boolean> {
  const { postgres } = await cluster.binaries()
  const settings = Object.entries({ ...SETTINGS, port: port ?? (await findFreePort()) })
  const log = await openLog(cluster.log)
  const from = (await log.stat()).size
  const child = spawn(
    postgres,
    ['-D', cluster.data, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    {
      ...serverProcess(cluster.user),
      detached: true,
      windowsHide: true,
      stdio: ['ignore', log.fd, log.fd],
    },
  )
  const end: { how?: string } = {}
  child.once('error', (error) => (end.how = error.message))
  child.once('exit', (code, signal) => (end.how = `it ended with ${signal ?? `code ${code}`}`))
  child.unref()
  await log.close()

  while (end.how === undefined && Date.now() < deadline) {
    const postmaster = await readPostmaster(cluster.data)
    if (postmaster?.pid === child.pid && postmaster?.status === 'ready') return true
    await sleep(POLL_MS)
  }
  const said = (await readFile(cluster.log)).subarray(from).toString().trim()
  if (end.how !== undefined && PASSING_FAILURE.test(said)) return false
  throw new DatabaseError(
    'embedded_failed',
    `The embedded PostgreSQL did not start in ${cluster.data}: ${end.how ?? 'it was not ready in time'}. ${said.slice(-2000)}`,
  )
}

/** Ends the server: running transactions are rolled back, then all is written. Waits until it has ended. */
export async function stopServer(cluster: Cluster): Promise<void> {
  const postmaster = await readPostmaster(cluster.data)
  if (postmaster === undefined || (await ownerOf(postmaster, cluster.data)) !== 'server') return
  if (process.platform === 'win32') {
    const { pgCtl } = await cluster.binaries()
    await runAs(cluster.user, pgCtl, 'stop', '-D', cluster.data, '-m', 'fast', '-W')
  } else {
    process.kill(postmaster.pid, 'SIGINT')
  }
  // A checkpoint on a slow disk may outlast the wait; the server then ends by itself, and who comes waits for it.
  const deadline = Date.now() + STOP_TIMEOUT_MS
  while (Date.now() < deadline && (await ownerOf(postmaster, cluster.data)) === 'server') await sleep(POLL_MS)
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port')
  return address.port
}

/** One older file is kept. */
async function openLog(path: string) {
  const size = await stat(path).then(
    (file) => file.size,
    () => 0, // There is none yet.
  )
  if (size > LOG_LIMIT_BYTES) {
    await rm(`${path}.old`, { force: true })
    await rename(path, `${path}.old`)
  }
  // The folder is the server's user's: root must not be led elsewhere by a link in it.
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants
  return open(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600)
}
