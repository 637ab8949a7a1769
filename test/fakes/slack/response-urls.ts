import type { Context } from 'hono'
import type { Fields } from './calls.ts'
import type { CheckedResponse } from './limits/surfaces.ts'
import { checkResponse } from './methods/content.ts'
import { Refusal } from './refusal.ts'
import { nameBlocks, type ResponseAddress, type State, type StoredMessage } from './state.ts'

const USES_MAX = 5
const LIFETIME_MS = 30 * 60_000

/** The path of a new address; answers to it are seen by this person, or their channel. */
export function addAddress(
  state: State,
  asked: Pick<ResponseAddress, 'channel' | 'userId' | 'teamId' | 'original'>,
): string {
  const id = state.nextId('R')
  state.addresses.set(id, { ...asked, at: state.now(), answers: [], uses: 0 })
  return id
}

/** Answers a message posted to a `response_url`. A refusal shows in the status only, as Slack's does. */
export function takeResponse(c: Context, state: State, id: string, body: Fields): Response {
  const address = state.addresses.get(id)
  const isUsedUp = address === undefined || address.uses >= USES_MAX || state.now() - address.at > LIFETIME_MS
  const fault = state.faults.take('response_url', body)
  state.calls.record({
    method: 'response_url',
    args: body,
    token: undefined,
    teamId: address?.teamId,
    at: new Date(state.now()),
    answer: { ok: !isUsedUp && fault === undefined },
  })
  if (fault !== undefined && 'status' in fault) {
    state.changes.notify()
    return c.text('', fault.status)
  }
  if (isUsedUp) return c.json({ ok: false, error: 'used_url' }, 404)
  address.uses += 1
  try {
    show(state, address, checkResponse(state, 'response_url', body))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return c.json({ ok: false, error: error.code }, 400)
  }
  state.changes.notify()
  return c.json({ ok: true })
}

/** Shows what a command or a click was answered with. */
export function show(state: State, address: ResponseAddress, response: CheckedResponse): void {
  if ('delete_original' in response) {
    if (address.original !== undefined) address.original.isDeleted = true
    return
  }
  const {
    text,
    blocks,
    metadata,
    response_type: responseType,
    replace_original: replaces,
    ...options
  } = response
  const { original } = address
  if (replaces === true && original !== undefined) {
    original.text = text
    original.blocks = nameBlocks(blocks ?? [])
    original.edits += 1
    address.answers.push(original)
    state.responses.push(original)
    return
  }
  const message: StoredMessage = {
    channel: address.channel,
    ts: state.nextTimestamp(),
    teamId: address.teamId,
    ephemeralTo: responseType === 'in_channel' ? undefined : address.userId,
    text,
    blocks: nameBlocks(blocks ?? []),
    metadata,
    options,
    edits: 0,
    isDeleted: false,
  }
  state.messages.push(message)
  address.answers.push(message)
  state.responses.push(message)
}
