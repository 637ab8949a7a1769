import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'

export interface LoopbackServer {
  /** E.g. `http://127.0.0.1:40321`. */
  url: string
  /** Cuts off what is still under way. */
  close(): Promise<void>
}

/** Serves an app on a free port of the loopback. */
export async function serveOnLoopback({
  fetch,
}: Pick<Parameters<typeof serve>[0], 'fetch'>): Promise<LoopbackServer> {
  const server = serve({ fetch, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false }) as Server
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
