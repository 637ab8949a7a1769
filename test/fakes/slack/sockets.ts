import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Fields } from './calls.ts'
import type { Changes } from './changes.ts'
import type { Acknowledgement, Transport } from './transports.ts'

/** Slack gives up on an app that has not acknowledged by then; a busy machine gets more. */
const PATIENCE_MS = 10_000

/** Slack's side of Socket Mode: apps connect to `/link`, with an address from `apps.connections.open`. */
export class Sockets {
  private readonly changes: Changes
  private readonly server = new WebSocketServer({ noServer: true })
  private readonly open = new Set<WebSocket>()
  private readonly awaited = new Map<string, (payload: unknown) => void>()

  constructor(http: Server, changes: Changes) {
    this.changes = changes
    http.on('upgrade', (request: IncomingMessage, socket, head) => {
      this.server.handleUpgrade(request, socket, head, (connection) => this.greet(connection))
    })
  }

  /** Ends once the app is connected, so many times in all if told. */
  connected(): Promise<true> {
    return this.changes.until(() => (this.open.size > 0 ? true : undefined), 'the app to connect its socket')
  }

  count(): number {
    return this.open.size
  }

  /** Asks the app to connect anew, as Slack does every few hours. */
  refresh(): void {
    for (const connection of this.open) {
      this.open.delete(connection)
      connection.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }))
    }
  }

  /** Breaks the connections without a word. */
  drop(): void {
    for (const connection of this.open) connection.terminate()
    this.open.clear()
  }

  /** Closes for good. */
  close(): void {
    this.drop()
    this.server.close()
  }

  /** Delivers through the socket that was opened last. */
  readonly transport: Transport = async ({ kind, payload, retry }) => {
    const connection = [...this.open].at(-1)
    if (connection === undefined) throw new Error('The app has no socket open.')
    const startedAt = performance.now()
    const envelopeId = randomUUID()
    const acknowledged = Promise.withResolvers<unknown>()
    const timer = setTimeout(
      () => acknowledged.reject(new Error(`The app did not acknowledge within ${PATIENCE_MS} ms.`)),
      PATIENCE_MS,
    )
    this.awaited.set(envelopeId, acknowledged.resolve)
    const onLost = () => acknowledged.reject(new Error('The socket closed before the app acknowledged.'))
    connection.once('close', onLost)
    connection.send(
      JSON.stringify({
        type: kind,
        envelope_id: envelopeId,
        payload,
        accepts_response_payload: kind !== 'events_api',
        ...(retry === undefined ? {} : { retry_attempt: retry.count, retry_reason: retry.reason }),
      }),
    )
    try {
      return acknowledgement(await acknowledged.promise, performance.now() - startedAt)
    } finally {
      clearTimeout(timer)
      connection.off('close', onLost)
      this.awaited.delete(envelopeId)
    }
  }

  private greet(connection: WebSocket): void {
    this.open.add(connection)
    // One Buffer each, which is how `ws` gives messages unless told otherwise.
    connection.on('message', (data) => this.take((data as Buffer).toString()))
    connection.on('close', () => this.open.delete(connection))
    connection.send(
      JSON.stringify({ type: 'hello', num_connections: this.open.size, connection_info: { app_id: 'A1' } }),
    )
    this.changes.notify()
  }

  private take(message: string): void {
    const { envelope_id: envelopeId, payload } = JSON.parse(message) as {
      envelope_id: string
      payload?: unknown
    }
    this.awaited.get(envelopeId)?.(payload)
  }
}

/** The same as over HTTP, where an acknowledgement without words has an empty body. */
function acknowledgement(payload: unknown, tookMs: number): Acknowledgement {
  const fields = (payload ?? {}) as Fields
  return { status: 200, body: Object.keys(fields).length === 0 ? undefined : fields, tookMs }
}
