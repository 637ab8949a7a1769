import { type View, WebAPIPlatformError, WebClient } from '@slack/web-api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../../bot/index.ts'
import { boltLogger } from '../../bot/log.ts'
import { BOT_TOKEN, type FakeSlack, startFakeSlack } from './slack.ts'
import { problemsOf } from './slack/limits/surfaces.ts'

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } })
const button = (actionId: string, more: object = {}) => ({
  type: 'button',
  action_id: actionId,
  text: { type: 'plain_text', text: 'Go' },
  ...more,
})
const actions = (...elements: object[]) => ({ type: 'actions', elements })
const plain = (text: string) => ({ type: 'plain_text' as const, text })
const input = (element: object) => ({ type: 'input', block_id: 'b', label: plain('Amount'), element })
const textInput = { type: 'plain_text_input', action_id: 'a' }
const row = (...texts: string[]) => texts.map((text) => ({ type: 'raw_text', text }))
const chart = (series: object[], categories: string[]) => ({
  type: 'data_visualization',
  title: 'Usage',
  chart: { type: 'bar', series, axis_config: { categories } },
})
const MODAL: View = { type: 'modal', title: plain('Credits'), blocks: [section('Hello')] }

describe('Slack’s limits', () => {
  it.each([
    ['no text', { blocks: [section('x')] }],
    ['no blocks in a list of them', { text: 'x', blocks: [] }],
    ['51 blocks', { text: 'x', blocks: Array.from({ length: 51 }, () => section('x')) }],
    ['3,001 characters in a section', { text: 'x', blocks: [section('x'.repeat(3001))] }],
    ['an empty text', { text: 'x', blocks: [section('')] }],
    ['markup in a header', { text: 'x', blocks: [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }] }],
    ['11 fields', { text: 'x', blocks: [{ type: 'section', fields: Array(11).fill(plain('x')) }] }],
    ['two buttons of one action id', { text: 'x', blocks: [actions(button('a'), button('a'))] }],
    [
      '26 buttons',
      { text: 'x', blocks: [actions(...Array.from({ length: 26 }, (_, i) => button(`a${i}`)))] },
    ],
    [
      '76 characters on a button',
      { text: 'x', blocks: [actions(button('a', { text: plain('x'.repeat(76)) }))] },
    ],
    ['2,001 characters of value', { text: 'x', blocks: [actions(button('a', { value: 'x'.repeat(2001) }))] }],
    [
      'an address without encryption',
      { text: 'x', blocks: [actions(button('a', { url: 'http://a.example' }))] },
    ],
    ['two blocks of one id', { text: 'x', blocks: [1, 2].map(() => ({ ...section('x'), block_id: 'b' })) }],
    ['an input', { text: 'x', blocks: [input(textInput)] }],
    [
      'an image without words for it',
      { text: 'x', blocks: [{ type: 'image', image_url: 'https://a.example' }] },
    ],
    ['a block that there is not', { text: 'x', blocks: [{ type: 'tabel' }] }],
    ['a field that there is not', { text: 'x', blocks: [{ ...section('x'), colour: 'red' }] }],
    [
      'a table with rows of two lengths',
      { text: 'x', blocks: [{ type: 'table', rows: [row('a'), row('a', 'b')] }] },
    ],
    ['two tables', { text: 'x', blocks: [1, 2].map(() => ({ type: 'table', rows: [row('a')] })) }],
    [
      'a table with 10,001 characters',
      { text: 'x', blocks: [{ type: 'table', rows: [row('a'.repeat(5001), 'b'.repeat(5000))] }] },
    ],
    [
      'a data table without rows',
      { text: 'x', blocks: [{ type: 'data_table', caption: 'x', rows: [row('a')] }] },
    ],
    [
      'a chart whose labels are not its categories',
      { text: 'x', blocks: [chart([{ name: 'LLM', data: [{ label: 'Tue', value: 1 }] }], ['Mon'])] },
    ],
    [
      'a chart of seven series',
      {
        text: 'x',
        blocks: [
          chart(
            Array.from({ length: 7 }, (_, i) => ({ name: `${i}`, data: [{ label: 'Mon', value: 1 }] })),
            ['Mon'],
          ),
        ],
      },
    ],
  ])('refuse a message with %s', (_, message) => {
    expect(problemsOf.content(message)).not.toEqual([])
  })

  it.each([
    ['a table', { ...MODAL, blocks: [{ type: 'table', rows: [row('a')] }] }],
    [
      'a data table',
      { ...MODAL, blocks: [{ type: 'data_table', caption: 'x', rows: [row('a'), row('b')] }] },
    ],
    [
      'a chart',
      { ...MODAL, blocks: [chart([{ name: 'LLM', data: [{ label: 'Mon', value: 1 }] }], ['Mon'])] },
    ],
    ['25 characters of title', { ...MODAL, title: plain('x'.repeat(25)) }],
    ['25 characters to submit', { ...MODAL, submit: plain('x'.repeat(25)) }],
    ['3,001 characters of metadata', { ...MODAL, private_metadata: 'x'.repeat(3001) }],
    ['256 characters of callback id', { ...MODAL, callback_id: 'x'.repeat(256) }],
    ['101 blocks', { ...MODAL, blocks: Array.from({ length: 101 }, () => section('x')) }],
    ['an input and nothing to submit it', { ...MODAL, blocks: [input(textInput)] }],
    [
      '101 options',
      {
        ...MODAL,
        blocks: [
          actions({
            type: 'static_select',
            action_id: 'a',
            options: Array.from({ length: 101 }, (_, i) => ({ text: plain('x'), value: `${i}` })),
          }),
        ],
      },
    ],
  ])('refuse a modal with %s', (_, modal) => {
    expect(problemsOf.modal(modal)).not.toEqual([])
  })

  it('let through what stays within them', () => {
    expect(
      problemsOf.content({
        text: 'x',
        blocks: [
          { type: 'header', text: plain('x'.repeat(150)) },
          section('x'.repeat(3000)),
          actions(button('a', { confirm: { text: plain('Sure?') }, value: 'x'.repeat(2000) }), button('b')),
          { type: 'data_table', caption: 'x', rows: [row('a', 'b'), row('c', 'd')] },
          chart([{ name: 'LLM', data: [{ label: 'Mon', value: 1 }] }], ['Mon']),
        ],
      }),
    ).toEqual([])
    const modal = { ...MODAL, submit: plain('Grant'), blocks: [input({ ...textInput, max_length: 10 })] }
    expect(problemsOf.modal(modal)).toEqual([])
    expect(problemsOf.home({ type: 'home', blocks: [section('x'), actions(button('a'))] })).toEqual([])
  })
})

describe('the fake Slack', () => {
  let slack: FakeSlack
  let client: WebClient
  beforeEach(async () => {
    slack = await startFakeSlack()
    client = new WebClient(BOT_TOKEN, {
      slackApiUrl: slack.apiUrl,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: boltLogger(createLogger('silent')),
    })
  })
  afterEach(() => slack.close())

  const post = (changes: object = {}) =>
    client.apiCall('chat.postMessage', { channel: 'C1', text: 'x', ...changes })

  const errorOf = (call: Promise<unknown>): Promise<unknown> =>
    call.then(
      () => 'none',
      (error: unknown) => (error instanceof WebAPIPlatformError ? error.data.error : error),
    )

  it('keeps a message with its metadata, updates and deletes it', async () => {
    const metadata = { event_type: 'alert', event_payload: { id: 'A1' } }
    await post({ text: 'one', metadata, unfurl_links: false })
    expect(slack.messages('C1')).toMatchObject([{ text: 'one', metadata, options: { unfurl_links: false } }])
    const ts = slack.messages('C1')[0]?.ts ?? ''
    await client.chat.update({ channel: 'C1', ts, text: 'two' })
    const history = await client.conversations.history({ channel: 'C1', include_all_metadata: true })
    expect(history.messages).toMatchObject([{ text: 'two', metadata }])
    await client.chat.delete({ channel: 'C1', ts })
    expect(slack.messages('C1')).toEqual([])
    expect(await errorOf(client.chat.update({ channel: 'C1', ts: '1.2', text: 'x' }))).toBe(
      'message_not_found',
    )
    expect((await slack.calls.next('chat.postMessage')).args).toMatchObject({ channel: 'C1', text: 'one' })
  })

  it('refuses what breaks a limit, and remembers it', async () => {
    const message = { channel: 'C1', text: 'x', blocks: [section('')] }
    expect(await errorOf(client.apiCall('chat.postMessage', message))).toBe('invalid_blocks')
    expect(slack.takeViolations()).toEqual([expect.stringContaining('chat.postMessage: blocks.0.text.text')])
    expect(await errorOf(client.apiCall('chat.postMesage', {}))).toBe('unknown_method')
    expect(slack.takeViolations()).toHaveLength(1)
    expect(slack.messages('C1')).toEqual([])
  })

  it('refuses charts where the workspace has none, which is nobody’s mistake', async () => {
    slack.showCharts(false)
    const blocks = [chart([{ name: 'LLM', data: [{ label: 'Mon', value: 1 }] }], ['Mon'])]
    const call = client.apiCall('chat.postMessage', { channel: 'C1', text: 'x', blocks })
    expect(await errorOf(call)).toBe('invalid_blocks')
    expect(slack.takeViolations()).toEqual([])
  })

  it('gives leave to open one modal within 3 s', async () => {
    const ada = slack.person('U1')
    const trigger = () => slack.trigger(ada)
    const first = trigger()
    const { view } = await client.views.open({ trigger_id: first, view: MODAL })
    expect(await errorOf(client.views.open({ trigger_id: first, view: MODAL }))).toBe('exchanged_trigger_id')
    const second = trigger()
    slack.advance(3_001)
    expect(await errorOf(client.views.open({ trigger_id: second, view: MODAL }))).toBe('expired_trigger_id')
    expect(await errorOf(client.views.open({ trigger_id: '1.2', view: MODAL }))).toBe('invalid_trigger_id')
    const viewId = view?.id ?? ''
    await client.views.update({ view_id: viewId, hash: view?.hash ?? '', view: MODAL })
    const late = client.views.update({ view_id: viewId, hash: view?.hash ?? '', view: MODAL })
    expect(await errorOf(late)).toBe('hash_conflict')
    await ada.close(slack.view(viewId))
    expect(await errorOf(client.views.update({ view_id: viewId, view: MODAL }))).toBe('not_found')
  })

  it('takes five answers to a response_url, within 30 minutes', async () => {
    const answer = (address: string) =>
      fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text: 'x' }),
      })
    const address = slack.responseUrl
    const statuses: number[] = []
    for (let use = 0; use < 6; use++) statuses.push((await answer(address)).status)
    expect(statuses).toEqual([200, 200, 200, 200, 200, 404])
    const later = slack.responseUrl
    slack.advance(30 * 60_000 + 1)
    expect((await answer(later)).status).toBe(404)
  })

  it('fails as planned: by status, refusal, a connection that breaks, before or after the deed', async () => {
    slack.fail('chat.postMessage', { status: 429, retryAfterSeconds: 7 })
    await expect(post()).rejects.toMatchObject({ retryAfter: 7 })
    slack.fail('chat.postMessage', { status: 500 })
    await expect(post()).rejects.toMatchObject({ statusCode: 500 })
    slack.fail('chat.postMessage', { error: 'is_archived' }, { of: ({ channel }) => channel === 'C2' })
    await post()
    expect(await errorOf(post({ channel: 'C2' }))).toBe('is_archived')
    slack.fail('chat.postMessage', { reset: true })
    await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_request_error' })
    expect(slack.messages('C1')).toHaveLength(1)
    slack.fail('chat.postMessage', { lost: true })
    await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_request_error' })
    expect(slack.messages('C1')).toHaveLength(2)
    slack.limitChannels(true)
    await post()
    await expect(post()).rejects.toMatchObject({ retryAfter: 1 })
    slack.advance(1_000)
    await post()
  })

  it('knows tokens and their scopes', async () => {
    slack.grant('xoxb-few', 'T05', { scopes: ['commands'] })
    const few = new WebClient('xoxb-few', { slackApiUrl: slack.apiUrl, retryConfig: { retries: 0 } })
    expect(await few.auth.test()).toMatchObject({ team_id: 'T05' })
    expect(await errorOf(few.users.info({ user: 'U1' }))).toBe('missing_scope')
    expect(slack.takeViolations()).toEqual(['the app has none of the scopes users:read'])
    slack.revoke('xoxb-few')
    expect(await errorOf(few.auth.test())).toBe('invalid_auth')
    slack.person('U1', { admin: true, tz: 'Europe/Berlin' })
    expect(await client.users.info({ user: 'U1' })).toMatchObject({
      user: { is_admin: true, tz: 'Europe/Berlin' },
    })
    expect(await errorOf(client.users.info({ user: 'U2' }))).toBe('user_not_found')
  })

  it('takes a file once all of it is there', async () => {
    await client.filesUploadV2({
      channel_id: 'C1',
      filename: 'charges.csv',
      title: 'Charges',
      file: Buffer.from('a;b'),
    })
    const [file] = slack.files()
    expect(file).toMatchObject({ name: 'charges.csv', title: 'Charges', channel: 'C1' })
    expect(file?.content?.toString()).toBe('a;b')
    expect(slack.takeViolations()).toEqual([])
  })
})
