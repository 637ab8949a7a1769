import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import type { Call, Fields } from './calls.ts'
import { account } from './methods/account.ts'
import { chat } from './methods/chat.ts'
import { files } from './methods/files.ts'
import type { Method } from './methods/method.ts'
import { oauth } from './methods/oauth.ts'
import { views } from './methods/views.ts'
import { Refusal } from './refusal.ts'
import { takeResponse } from './response-urls.ts'
import type { Grant, State } from './state.ts'

const METHODS: Readonly<Record<string, Method>> = { ...account, ...chat, ...views, ...files, ...oauth }

/** Arguments that a form carries as JSON. */
const JSON_ARGUMENTS = new Set(['blocks', 'view', 'metadata', 'attachments', 'files'])

/** For methods that take no token. */
const NOBODY: Grant = {
  team: { id: '', name: '', botId: '', botUserId: '' },
  isEnterpriseInstall: false,
  scopes: new Set(),
}

type SlackContext = Context<{ Bindings: HttpBindings }>

/** Slack's Web API, its `response_url`s and where files are uploaded to. */
export function webApi(state: State, baseUrl: () => string): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.post('/api/:method', (c) => answerCall(c, state, baseUrl()))
  app.post('/response/:id', async (c) => takeResponse(c, state, c.req.param('id'), await c.req.json()))
  app.post('/upload/:id', async (c) => {
    const file = state.files.find(({ id }) => id === c.req.param('id'))
    if (file === undefined) return c.text('no such file', 404)
    file.content = await readUpload(c)
    if (file.content.length !== file.length) {
      state.violate(
        `upload of ${file.name}: ${file.content.length} bytes where ${file.length} were announced`,
      )
    }
    return c.text(`OK - ${file.content.length}`)
  })
  return app
}

async function answerCall(c: SlackContext, state: State, baseUrl: string): Promise<Response> {
  const method = c.req.param('method') ?? ''
  const form: Record<string, unknown> = await c.req.parseBody()
  const token = c.req.header('authorization')?.replace(/^Bearer /, '')
  const grant = token === undefined ? undefined : state.grants.get(token)
  const args = decode(form)
  const call: Call = {
    method,
    args,
    token,
    teamId: grant?.team.id,
    at: new Date(state.now()),
    answer: undefined,
  }
  state.calls.record(call)
  const fault = state.faults.take(method, args)
  if (fault !== undefined && 'after' in fault) await fault.after
  if (fault !== undefined && 'status' in fault) {
    state.changes.notify()
    const headers = fault.status === 429 ? { 'retry-after': String(fault.retryAfterSeconds) } : {}
    return c.text('', fault.status, headers)
  }
  if (fault !== undefined && 'reset' in fault) return breakOff(c, state)
  const answer =
    fault !== undefined && 'error' in fault
      ? { ok: false, error: fault.error }
      : perform(state, { method, args, token, grant, baseUrl })
  if (fault !== undefined && 'lost' in fault) return breakOff(c, state)
  call.answer = answer
  // Who awaits the call may look at what it did, and what the bot does next.
  state.changes.notify()
  return 'error' in answer && answer.error === 'ratelimited'
    ? c.text('', 429, { 'retry-after': '1' })
    : c.json(answer)
}

interface Sent {
  readonly method: string
  readonly args: Fields
  readonly token: string | undefined
  readonly grant: Grant | undefined
  readonly baseUrl: string
}

function perform(state: State, { method: name, args, token, grant, baseUrl }: Sent): Fields {
  try {
    const method = METHODS[name]
    if (method === undefined) {
      state.violate(`${name} is no method that the fake knows`)
      throw new Refusal('unknown_method')
    }
    const allowed = allow(state, method, token, grant)
    return { ok: true, ...method.run({ state, method: name, args, grant: allowed, baseUrl }) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const messages = error.details.map((detail) => `[ERROR] ${detail}`)
    return {
      ok: false,
      error: error.code,
      ...(messages.length === 0 ? {} : { errors: error.details, response_metadata: { messages } }),
    }
  }
}

function allow(state: State, method: Method, token: string | undefined, grant: Grant | undefined): Grant {
  if (method.token === 'none') return NOBODY
  if (method.token === 'app') {
    if (token === undefined || !state.appTokens.has(token)) throw new Refusal('invalid_auth')
    return NOBODY
  }
  if (token === undefined || token === '') throw new Refusal('not_authed')
  if (grant === undefined) throw new Refusal('invalid_auth')
  const { scopes } = method
  if (scopes !== undefined && !scopes.some((scope) => grant.scopes.has(scope))) {
    state.violate(`the app has none of the scopes ${scopes.join(', ')}`)
    throw new Refusal('missing_scope')
  }
  return grant
}

const decode = (form: Fields): Fields =>
  Object.fromEntries(
    Object.entries(form)
      .filter(([name]) => name !== 'token')
      .map(([name, value]) => [
        name,
        JSON_ARGUMENTS.has(name) && typeof value === 'string' ? (JSON.parse(value) as unknown) : value,
      ]),
  )

function breakOff(c: SlackContext, state: State): Response {
  c.env.incoming.socket.destroy()
  state.changes.notify()
  return RESPONSE_ALREADY_SENT
}

async function readUpload(c: SlackContext): Promise<Buffer> {
  if (c.req.header('content-type')?.startsWith('multipart/form-data') !== true) {
    return Buffer.from(await c.req.arrayBuffer())
  }
  const file = Object.values(await c.req.parseBody()).find((part) => part instanceof File)
  return file === undefined ? Buffer.alloc(0) : Buffer.from(await file.arrayBuffer())
}
