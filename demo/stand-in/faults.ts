import { setImmediate as nextTurnOfLoop, setTimeout as sleep } from 'node:timers/promises'
import type { HttpBindings } from '@hono/node-server'

/** Ways for a request to go wrong. */
export const FAULTS = [
  /** 429, before anything is done; says to try again at once. */
  'rate_limited',
  /** 500; says to try again at once. */
  'server_error',
  /** 400. */
  'bad_request',
  /** The connection is reset before an answer. */
  'reset',
  /** An answer begins and the connection ends without a byte of it. */
  'die_at_once',
  /** The connection ends in the middle of the answer. */
  'die_midway',
  /** No answer ever comes. */
  'hang',
  /** Nothing more comes in the middle of the answer. */
  'hang_midway',
  /** The answer is whole and does not state its usage. */
  'no_usage',
] as const

export type Fault = (typeof FAULTS)[number]

export const isFault = (name: string | undefined): name is Fault => FAULTS.some((fault) => fault === name)

const ERRORS = {
  rate_limited: { status: 429, code: 'rate_limit_exceeded', message: 'Rate limit reached.' },
  server_error: { status: 500, code: 'server_error', message: 'The server had an error.' },
  bad_request: { status: 400, code: 'invalid_value', message: 'Invalid value.' },
} as const

/** The answer of a request that fails before the model is asked; undefined for one that does not. */
export async function failAtOnce(fault: Fault | undefined, env: HttpBindings): Promise<Response | undefined> {
  if (fault === 'hang') return forever()
  if (fault === 'reset') {
    env.incoming.socket.destroy()
    return forever()
  }
  if (fault !== 'rate_limited' && fault !== 'server_error' && fault !== 'bad_request') return undefined
  const { status, code, message } = ERRORS[fault]
  return Response.json(
    { error: { message, type: code, param: null, code } },
    { status, headers: { 'retry-after-ms': '1' } },
  )
}

/**
 * The pieces of an answer as a body, and what a fault does to it. Each piece is written before the next is asked
 * for, so what comes before a fault reaches the client.
 *
 * @param paceMs time between two pieces
 */
export function faultyBody(
  pieces: readonly string[],
  fault: Fault | undefined,
  paceMs: number,
  env: HttpBindings,
): ReadableStream<Uint8Array> {
  async function* write(): AsyncGenerator<Uint8Array> {
    const encoder = new TextEncoder()
    for (const [index, piece] of pieces.entries()) {
      const midway = index === Math.floor(pieces.length / 2)
      if ((fault === 'die_at_once' && index === 0) || (fault === 'die_midway' && midway)) {
        // The server puts the head off until it knows a little of the body; the client is to see it.
        while (!env.outgoing.headersSent) await nextTurnOfLoop()
        await nextTurnOfLoop()
        env.incoming.socket.end()
        await forever()
      }
      if (fault === 'hang_midway' && midway) await forever()
      if (paceMs > 0 && index > 0) await sleep(paceMs)
      yield encoder.encode(piece)
    }
  }
  return ReadableStream.from(write())
}

/** Ends with its connection: nothing else refers to it. */
const forever = (): Promise<never> => new Promise(() => undefined)
