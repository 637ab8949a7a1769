import { spawn } from 'node:child_process'
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atDatabase, withMaintenance } from '../support/server.ts'

/** A PgBouncer in transaction mode, with few sessions for many clients. */
export interface Pooler {
  /** The way to a database of the server behind it. */
  url(database: string): string
  stop(): Promise<void>
}

/** Sessions that the pooler keeps for each database; clients beyond that take turns, transaction by transaction. */
export const SESSIONS = 4

export async function startPooler(serverUrl: string): Promise<Pooler> {
  const server = new URL(serverUrl)
  const folder = await mkdtemp(join(tmpdir(), 'agent-credits-pooler-'))
  const port = await findFreePort()
  const user = await findUser()
  const credentials = `user=${decodeURIComponent(server.username)} password=${decodeURIComponent(server.password)}`
  const settings = [
    '[databases]',
    `* = host=${server.hostname} port=${server.port || 5432} ${credentials}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    'max_client_conn = 500',
    `default_pool_size = ${SESSIONS}`,
  ]
  const path = join(folder, 'pgbouncer.ini')
  await writeFile(path, `${settings.join('\n')}\n`, { mode: 0o600 })
  if (user !== undefined) {
    await chown(path, user.uid, user.gid)
    await chmod(folder, 0o711)
  }

  const child = spawn('pgbouncer', [path], { ...user, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text))
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve())
  })
  const url = (database: string) => atDatabase(`postgres://anyone@127.0.0.1:${port}/`, database)
  await Promise.race([
    waitUntilAnswers(url(server.pathname.slice(1))),
    ended.then(() => {
      throw new Error(`PgBouncer ended:\n${log}`)
    }),
  ])

  return {
    url,
    stop: async () => {
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true })
    },
  }
}

async function waitUntilAnswers(url: string): Promise<void> {
  const deadline = Date.now() + 10_000
  for (;;) {
    try {
      await withMaintenance(url, (sql) => sql.unsafe('select 1'))
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('A TCP server has a port')
  return address.port
}

/** For root, as whom PgBouncer refuses to run: the user `nobody`. */
async function findUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((each) => each.startsWith('nobody:'))
  const [, , uid, gid] = (line ?? '').split(':')
  return { uid: Number(uid), gid: Number(gid) }
}
