/** People who type `/credits`, in a process of their own: what their side costs is not to be taken for the server's. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { signBody } from '../bot/signature.ts'

export interface Typing {
  readonly url: string
  readonly signingSecret: string
  readonly people: number
  readonly rounds: number
}

/** All type at once, and again when the last one has seen an answer. Returns what each waited for, in ms. */
export async function typeCredits(typing: Typing): Promise<number[]> {
  const child = fork(import.meta.filename, [JSON.stringify(typing)])
  const exited = once(child, 'exit')
  const [waits] = (await Promise.race([once(child, 'message'), exited])) as [number[] | number | null]
  await exited
  if (!Array.isArray(waits)) throw new Error('The people at the bench gave up; why is above.')
  return waits
}

async function typeInRounds({ url, signingSecret, people, rounds }: Typing): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: people })
  const waits: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const all = Array.from({ length: people }, (_, person) =>
      typeOnce(url, signingSecret, `U${person}`, agent),
    )
    waits.push(...(await Promise.all(all)))
  }
  agent.destroy()
  return waits
}

async function typeOnce(url: string, signingSecret: string, userId: string, agent: Agent): Promise<number> {
  const body = new URLSearchParams({
    command: '/credits',
    text: '',
    user_id: userId,
    team_id: 'T01',
    channel_id: 'C1',
    api_app_id: 'A1',
    trigger_id: '1.2.3',
    response_url: 'http://127.0.0.1:9/none',
  }).toString()
  const timestamp = String(Math.floor(Date.now() / 1000))
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signBody(body, timestamp, signingSecret),
  }
  const from = performance.now()
  const sent = request(`${url}/slack/events`, { method: 'POST', headers, agent })
  sent.end(body)
  const [response] = await once(sent, 'response')
  const answer = await text(response)
  const took = performance.now() - from
  // What is acknowledged without words is answered later: that would be another measurement.
  if (!answer.includes('available')) throw new Error(`/credits was answered: ${answer}`)
  return took
}

if (import.meta.main && process.send) {
  const waits = await typeInRounds(JSON.parse(process.argv[2] ?? '') as Typing)
  process.send(waits, () => process.disconnect())
}
