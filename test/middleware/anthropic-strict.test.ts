import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { amountToHold, captureLines } from '../../middleware/charge.ts'
import { readOptions } from '../../middleware/options.ts'
import { anthropic } from '../../middleware/providers/anthropic/index.ts'
import { MeteredRequest } from '../../middleware/request.ts'
import { planTerms } from '../../middleware/terms.ts'
import { parseAmount } from '../../src/amount.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'
import { propertySettings } from '../support/property.ts'

let bench: TestLedger
beforeAll(async () => {
  bench = await openTestLedger()
})
afterAll(() => bench.close())

const PATH = '/v1/messages'
/** Of the models below, which are as much as they take at once. */
const WINDOW = 200_000
const IMAGE = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }
/** As many tokens as any model makes of an image. */
const IMAGE_TOKENS = 4784

const part = fc.double({ min: 0, max: 1, noNaN: true })

test('a strict hold covers what a message costs: its cache, images, searches and all that they add', async () => {
  const settings = readOptions({ credits: bench.ledger, estimate: 'strict' })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('claude-haiku-4-5', 'claude-opus-4-1', 'claude-sonnet-4-5'),
      fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 0, max: 30_000 }),
      fc.constantFrom(undefined, '5m', '1h'),
      fc.integer({ min: 0, max: 3 }),
      fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
      fc.array(part, { minLength: 5, maxLength: 5 }),
      async (model, texts, most, ttl, images, searches, parts) => {
        const [inputPart = 0, outputPart = 0, readPart = 0, hourPart = 0, searchPart = 0] = parts
        const content = texts.map((text) => ({
          type: 'text',
          text,
          ...(ttl && { cache_control: { type: 'ephemeral', ttl } }),
        }))
        const messages = [
          { role: 'user', content: [...content, ...Array.from({ length: images }, () => IMAGE)] },
        ]
        const tools =
          searches === undefined
            ? []
            : [{ type: 'web_search_20250305', name: 'web_search', max_uses: searches }]
        const body = JSON.stringify({ model, max_tokens: most, messages, tools })
        const request = new MeteredRequest(new URL(`https://api.anthropic.com${PATH}`), {
          method: 'POST',
          body,
        })
        const route = anthropic.classify('POST', PATH)
        if (typeof route === 'string') throw new Error(`${PATH} is not metered.`)
        const plan = await route.plan(request, planTerms(request, anthropic, settings, []))
        // A token has a byte at least; each search puts what it found before the model, with all the rest again.
        const searched = Math.floor((searches ?? 0) * searchPart)
        const once = Buffer.byteLength(JSON.stringify(messages)) + images * IMAGE_TOKENS
        const input = Math.floor((searched > 0 ? (searched + 1) * WINDOW : once) * inputPart)
        const written = ttl ? input : 0
        const forAnHour = ttl === '1h' ? Math.floor(written * hourPart) : 0
        const usage = {
          input_tokens: Math.floor((input - written) * (1 - readPart)),
          cache_read_input_tokens: Math.floor((input - written) * readPart),
          cache_creation_input_tokens: written,
          cache_creation: { ephemeral_1h_input_tokens: forAnHour, ephemeral_5m_input_tokens: 0 },
          output_tokens: Math.floor(most * outputPart),
          server_tool_use: { web_search_requests: searched, web_fetch_requests: 0 },
        }
        const report = plan.readAnswer(JSON.stringify({ id: 'a', model, content: [], usage }))
        if (!report) throw new Error('The usage was not read.')
        const cost = captureLines(report, settings, []).reduce(
          (sum, { amount }) => sum + parseAmount(amount),
          0n,
        )
        expect(cost).toBeLessThanOrEqual(amountToHold(plan.estimate, settings))
      },
    ),
    propertySettings({ numRuns: 300 }),
  )
})
