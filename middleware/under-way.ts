import { AsyncLocalStorage } from 'node:async_hooks'
import type { Fetch } from './request.ts'

/** A request that a metered `fetch` has sent and that is not answered yet. */
interface Sent {
  readonly method: string
  readonly href: string
  readonly body: unknown
  answered: boolean
}

const sending = new AsyncLocalStorage<Sent>()

/** A request, as far as it tells two apart. */
interface Asked {
  readonly method: string
  readonly url: URL
}

/**
 * Whether a request is one that a metered `fetch` is sending already: through a `fetch` of the caller's own (with
 * tracing, say) that calls another metered one. Anything else that such a `fetch` may send is a call of its own.
 */
export function isUnderWay({ method, url }: Asked, init: RequestInit | undefined): boolean {
  const sent = sending.getStore()
  return (
    sent !== undefined &&
    !sent.answered &&
    sent.method === method &&
    sent.href === url.href &&
    sent.body === init?.body
  )
}

/** A `fetch` whose requests are known to be under way until they are answered. */
export function sendingOnce({ method, url }: Asked, send: Fetch): Fetch {
  return (input, init) => {
    const sent: Sent = { method, href: url.href, body: init?.body, answered: false }
    return sending.run(sent, async () => {
      try {
        return await send(input, init)
      } finally {
        sent.answered = true
      }
    })
  }
}
