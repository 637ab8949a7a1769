import { afterAll, beforeAll, expect, it } from 'vitest'
import { SignedLinks } from '../../bot/links.ts'
import { usageSummary } from '../../bot/usage-summary.ts'
import { CHART_PATH, readFileQuestion } from '../../bot/usage/file-links.ts'
import { startBot, type Bot } from './support/bot.ts'
import { shown } from './support/shown.ts'

const links = new SignedLinks({ baseUrl: 'https://credits.example.com', secret: 'secret' })

let bot: Bot
beforeAll(async () => {
  bot = await startBot({ withSlack: false })
  await bot.ledger.grant('acme', { type: 'free', amount: '50' })
  await bot.ledger.charge('acme', { amount: '1.25', category: 'SpeechToText' })
})
afterAll(() => bot.close())

it('shows 30 days, with bars where Slack cannot fetch a picture', async () => {
  const { blocks, text } = await usageSummary({ ledger: bot.ledger, links: undefined }, 'acme', 'Asia/Tokyo')
  const lines = shown({ type: 'home', blocks })
  expect(lines).toContain('1.25 credits used in 30 days')
  expect(lines).toContain('1.25 credits (100 %)')
  expect(lines).toContain('░░░░░░░░░░░░░░░░░░ 1.25')
  expect(text).toContain('LLM 0, WebSearch 0, SpeechToText 1.25.')
})

it('shows a picture that says its numbers, at an address that opens for a day', async () => {
  const { blocks } = await usageSummary({ ledger: bot.ledger, links }, 'acme', 'Asia/Tokyo')
  const image = blocks.find((block) => block.type === 'image')
  if (image === undefined || !('image_url' in image)) throw new Error('There is no picture.')
  expect(image.alt_text).toContain('Credits used each day. LLM 0, WebSearch 0, SpeechToText 1.25.')
  expect(image.alt_text).toMatch(/; \d+ \w+ 1\.25$/)
  const link = links.open(CHART_PATH, new URL(image.image_url).search.slice(1))
  if (link.state !== 'valid') throw new Error(`The link is ${link.state}.`)
  expect(readFileQuestion(link.parameters)).toMatchObject({
    account: 'acme',
    period: { timeZone: 'Asia/Tokyo' },
  })
})

it('has no chart of nothing', async () => {
  const { blocks } = await usageSummary({ ledger: bot.ledger, links }, 'nobody', 'Asia/Tokyo')
  expect(shown({ type: 'home', blocks })).toContain('0 credits used in 30 days')
  expect(blocks.map(({ type }) => type)).toEqual(['header', 'section', 'context'])
})
