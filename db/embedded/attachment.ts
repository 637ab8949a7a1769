import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { DatabaseError } from '../errors.ts'
import { codeOf } from '../unreachable.ts'
import type { Cluster } from './cluster.ts'
import { ownerOf, type Postmaster, readPostmaster, strikeOut } from './postmaster.ts'
import { startServer, stopServer } from './server.ts'

/** A hold on a running server: while one process has one, no other stops the server. */
export interface Attachment {
  readonly url: string
  readonly port: number
  /** Lets go; the last to do so stops the server. */
  release(): Promise<void>
}

export interface AttachOptions {
  /** The only port to listen at if the server must be started; undefined: any free one. */
  port?: number | undefined
  /** The connection that holds on to the server broke, and so the hold is lost. */
  onLost: () => void
}

/** Each attachment is a session that shares this advisory lock; only who has it alone may stop the server. */
const LOCK = '5846210397715208'

const ATTACH_TIMEOUT_MS = 60_000
const POLL_MS = 10
const RESTART_MS = 100

/** A server writes its file right after making it: one that stays empty for this long was left by a crash. */
const EMPTY_FILE_MS = 2000

/** What no repetition mends: a wrong password, a user who may not log in. */
const FINAL_CODES = new Set(['28P01', '28000'])

/**
 * Attaches to the server of a cluster, and starts it if it does not run.
 *
 * @throws DatabaseError `embedded_failed`
 */
export async function attach(cluster: Cluster, options: AttachOptions): Promise<Attachment> {
  const deadline = Date.now() + ATTACH_TIMEOUT_MS
  let overtaken = false
  let failure: unknown
  let emptySince: number | undefined
  while (Date.now() < deadline) {
    const postmaster = await readPostmaster(cluster.data)
    if (postmaster?.text === '') {
      emptySince ??= Date.now()
      if (Date.now() - emptySince >= EMPTY_FILE_MS) await strikeOut(postmaster, cluster.data)
      await sleep(POLL_MS)
      continue
    }
    emptySince = undefined
    const owner = postmaster === undefined ? 'nobody' : await ownerOf(postmaster, cluster.data)
    if (postmaster !== undefined && owner === 'another') await strikeOut(postmaster, cluster.data)

    if (postmaster === undefined || owner !== 'server') {
      // After a crash the old port, as processes that were attached look for the server there.
      const port: number | undefined = options.port ?? (overtaken ? undefined : postmaster?.port)
      overtaken = !(await startServer(cluster, port, deadline))
      if (overtaken) await sleep(RESTART_MS)
    } else if (postmaster.status === 'ready') {
      try {
        const attachment = await takeHold(cluster, postmaster, options.onLost)
        if (attachment !== undefined) return attachment
      } catch (error) {
        failure = error
        if (FINAL_CODES.has(codeOf(error) ?? '')) break
      }
    }
    await sleep(POLL_MS)
  }
  const said = failure instanceof Error ? failure.message : 'it is neither ready nor gone'
  throw new DatabaseError(
    'embedded_failed',
    `Cannot attach to the embedded PostgreSQL in ${cluster.data}: ${said}. ` +
      'If none runs there, remove its postmaster.pid.',
    { cause: failure },
  )
}

/** Undefined if the server is being stopped. */
async function takeHold(
  cluster: Cluster,
  postmaster: Postmaster,
  onLost: () => void,
): Promise<Attachment | undefined> {
  const { port } = postmaster
  const url = `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`
  let held = false
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    onnotice: () => {},
    connect_timeout: 5,
    max_lifetime: null,
    connection: { application_name: 'agent-credits attachment' },
    onclose: () => {
      if (!held) return
      held = false
      onLost()
    },
  })

  async function release(): Promise<void> {
    held = false
    try {
      await sql.unsafe(`select pg_advisory_unlock_shared(${LOCK})`)
      // In two steps: two processes that leave at once, each still sharing, would both find themselves not alone.
      const [row] = await sql.unsafe<{ alone: boolean }[]>(`select pg_try_advisory_lock(${LOCK}) as alone`)
      if (row?.alone === true) await stopServer(cluster)
    } catch (error) {
      // The server is gone, or going: there is nothing to let go of.
      if (!isConnectionLoss(error)) throw error
    } finally {
      await sql.end({ timeout: 1 })
    }
  }

  try {
    const [row] = await sql.unsafe<{ shared: boolean }[]>(
      `select pg_try_advisory_lock_shared(${LOCK}) as shared`,
    )
    // The server writes `stopping` before it ends the session of whoever stops it, so before it frees that lock:
    // still `ready` after the lock is ours means that nobody is stopping it.
    const after = await readPostmaster(cluster.data)
    held = row?.shared === true && after?.pid === postmaster.pid && after.status === 'ready'
  } finally {
    if (!held) await sql.end({ timeout: 0 })
  }
  return held ? { url, port, release } : undefined
}

function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error) ?? ''
  return /^(CONNECTION_|CONNECT_|ECONN|EPIPE|57P)/.test(code)
}
