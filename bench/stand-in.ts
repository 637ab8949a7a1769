/** Providers for the bench, in a process of their own: what they do is not to be taken for the cost of metering. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setImmediate as nextTurnOfLoop } from 'node:timers/promises'
import { startOpenAiStandIn } from '../demo/openai-stand-in.ts'

export interface StandInProcess {
  /** For the SDK's `baseURL`. */
  readonly url: string
  close(): Promise<void>
}

type Kind = 'answers' | 'streams'

/**
 * @param kind `answers` is the stand-in for OpenAI; `streams` answers any chat with a stream, each piece of it in a
 * packet of its own, as providers send it, and as fast as it can
 * @param words of each answer, a piece of a stream each
 */
export async function forkStandIn(kind: Kind, words: number): Promise<StandInProcess> {
  const child = fork(import.meta.filename, [kind, String(words)])
  const [url] = (await once(child, 'message')) as [string]
  return {
    url,
    async close() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

async function startAnswers(words: string[]) {
  const standIn = await startOpenAiStandIn({ script: { answer: words.join(' ') } })
  return { url: standIn.url, close: () => void standIn.close() }
}

async function startStreams(words: string[]) {
  const server = createServer((request, response) => {
    request.socket.setNoDelay(true)
    void answerWithStream(request, response, words)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}/v1`, close }
}

async function answerWithStream(request: IncomingMessage, response: ServerResponse, words: string[]) {
  const event = (chunk: object) => `data: ${JSON.stringify({ ...CHUNK, ...chunk })}\n\n`
  const statesUsage = (await text(request)).includes('"include_usage":true')
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const word of words) {
    const choices = [{ index: 0, delta: { content: ` ${word}` }, logprobs: null, finish_reason: null }]
    response.write(event({ choices, ...(statesUsage ? { usage: null } : {}) }))
    await nextTurnOfLoop()
  }
  const usage = { prompt_tokens: 20, completion_tokens: words.length, total_tokens: words.length + 20 }
  if (statesUsage) response.write(event({ choices: [], usage }))
  response.end('data: [DONE]\n\n')
}

const CHUNK = {
  id: 'chatcmpl-D3nUq7Jt0bZkS9mXv4cYwR1f',
  object: 'chat.completion.chunk',
  created: 1_763_769_600,
  model: 'gpt-4.1-mini-2025-04-14',
  service_tier: 'default',
  system_fingerprint: 'fp_stand_in',
}

if (import.meta.main && process.send) {
  const [kind, count] = process.argv.slice(2)
  const words = Array.from({ length: Number(count) }, (_, n) => `word${n}`)
  const server = await (kind === 'streams' ? startStreams(words) : startAnswers(words))
  process.once('disconnect', server.close)
  process.send(server.url)
}
