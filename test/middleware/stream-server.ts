import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { meteredFetch, type MeteredOptions } from '../../middleware/index.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { MESSAGES, MODEL } from './support.ts'

export const STREAMED_CHAT = { model: MODEL, messages: MESSAGES, stream: true } as const

/** A piece of a streamed chat, as an event. */
export const chunk = (content: string): string =>
  `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content } }] })}\n\n`

export const USAGE = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }
export const USAGE_CHUNK = `data: ${JSON.stringify({ id: 'c', choices: [], usage: USAGE })}\n\n`
export const DONE = 'data: [DONE]\n\n'

/** A server whose answers to chats are written by the test, when the test writes them. */
export interface StreamServer {
  readonly url: string
  /** Sends a streamed chat: the response as the caller gets it, and the answer to write to. */
  open(
    options: Partial<MeteredOptions>,
    init?: RequestInit,
  ): Promise<{ response: Response; answer: ServerResponse }>
  /** What is to be written for the last request. */
  lastAnswer(): ServerResponse
  close(): Promise<void>
}

export async function startStreamServer(ledger: CreditLedger): Promise<StreamServer> {
  const answers: ServerResponse[] = []
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    answers.push(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const lastAnswer = (): ServerResponse => {
    const answer = answers.pop()
    if (!answer) throw new Error('No request came.')
    return answer
  }
  return {
    url,
    lastAnswer,
    async open(options, init) {
      const ours = meteredFetch(fetch, { credits: ledger, ...options })
      const response = await ours(`${url}/chat/completions`, {
        method: 'POST',
        body: JSON.stringify(STREAMED_CHAT),
        ...init,
      })
      return { response, answer: lastAnswer() }
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** The body's reader. */
export function readerOf({ body }: Response): ReadableStreamDefaultReader<Uint8Array> {
  if (!body) throw new Error('The response has no body.')
  return body.getReader()
}

export async function readText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  return Buffer.from((await reader.read()).value ?? []).toString()
}

/** All that is left. */
export async function readAllText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value)
  return Buffer.concat(parts).toString()
}
