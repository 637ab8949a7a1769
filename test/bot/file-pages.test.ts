import type { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Pictures } from '../../bot/charts/pictures.ts'
import { SignedLinks } from '../../bot/links.ts'
import { createLogger } from '../../bot/log.ts'
import { filePages } from '../../bot/pages/files.ts'
import { CHARGES_PATH, CHART_PATH, signFile } from '../../bot/usage/file-links.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'

const NOVEMBER = { from: '2026-11-01', to: '2026-11-30', timeZone: 'Europe/Berlin', words: '' }
const MINUTE_MS = 60_000

let books: TestLedger
let pages: Hono
let now = Date.now()
const logged: string[] = []
const pictures = new Pictures()
const links = new SignedLinks({ baseUrl: 'https://credits.example.com', secret: 'secret' }, () => now)

beforeAll(async () => {
  books = await openTestLedger()
  const { ledger, clock } = books
  await ledger.grant('acme', { type: 'paid', amount: '1000' })
  await ledger.grant('other', { type: 'paid', amount: '1000' })
  // 31 October, 23:30 in Berlin: not in November there.
  clock.set('2026-10-31T22:30:00Z')
  await ledger.charge('acme', { amount: '7', category: 'LLM', agent: 'october' })
  clock.set('2026-10-31T23:30:00Z')
  await ledger.charge('acme', { amount: '1.5', category: 'LLM', agent: 'support, "first" line' })
  await ledger.charge('other', { amount: '3', category: 'LLM', agent: 'theirs' })
  clock.set('2026-11-30T22:30:00Z')
  await ledger.charge('acme', { amount: '2', category: 'WebSearch', agent: 'last' })
  const logger = createLogger('debug', { write: (line) => void logged.push(line) })
  pages = filePages({ ledger, links, logger, pictures })
})
afterAll(async () => {
  await pictures.close()
  await books.close()
})

/** As it reaches the pages, which are mounted at `/files`. */
const ask = async (address: string): Promise<Response> => pages.request(address.replace('/files', ''))

const linkTo = (path: string, account = 'acme', lifetimeMs = MINUTE_MS): string =>
  signFile(links, path, { account, period: NOVEMBER }, lifetimeMs)

describe('a link to a file', () => {
  it.each([CHART_PATH, CHARGES_PATH])('opens nothing unsigned or changed: %s', async (path) => {
    const address = linkTo(path)
    const forged = [
      path,
      address.replace('acme', 'other'),
      address.replace(/signature=.*/, 'signature='),
      linkTo(path === CHART_PATH ? CHARGES_PATH : CHART_PATH).replace(/\/files\/[^?]+/, path),
    ]
    for (const each of forged) expect((await ask(each)).status).toBe(403)
  })

  it.each([CHART_PATH, CHARGES_PATH])('says when its time is up: %s', async (path) => {
    const address = linkTo(path)
    now += 2 * MINUTE_MS
    const response = await ask(address)
    now = Date.now()
    expect(response.status).toBe(410)
    expect(await response.text()).toBe('This link has expired. Ask for a new one in Slack.\n')
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('leaves no trace in the log', async () => {
    logged.length = 0
    await ask(linkTo(CHART_PATH).replace('acme', 'other'))
    expect(logged).toHaveLength(1)
    expect(logged[0]).toContain('"path":"/files/chart.png"')
    expect(logged[0]).not.toMatch(/signature|other|expires/)
  })
})

describe('the chart', () => {
  it('is a picture that nobody keeps, and that says nothing of where it was seen', async () => {
    const response = await ask(linkTo(CHART_PATH))
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    const png = Buffer.from(await response.arrayBuffer())
    expect(png.subarray(1, 4).toString()).toBe('PNG')
    expect(png.readUInt32BE(16)).toBeGreaterThan(1_600)
  })
})

describe('the list of charges', () => {
  it('has the charges of the days that were asked for, in the zone that was', async () => {
    const response = await ask(linkTo(CHARGES_PATH))
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="charges-2026-11-01-to-2026-11-30.csv"',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
    const lines = (await response.text()).trimEnd().split(/\r?\n/)
    expect(lines).toHaveLength(3)
    expect(lines[1]).toContain('"support, ""first"" line"')
    expect(lines[2]).toContain('last')
  })
})
