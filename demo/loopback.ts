import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import type { Hono } from 'hono'

export interface LoopbackServer {
  /** E.g. `http://127.0.0.1:40321`. */
  url: string
  close(): Promise<void>
}

/** Serves an app on a free port of the loopback. */
export async function serveOnLoopback(app: Hono): Promise<LoopbackServer> {
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false })
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      await once(server, 'close')
    },
  }
}
