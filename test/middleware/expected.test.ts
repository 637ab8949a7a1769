import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { amountToHold, captureLines } from '../../middleware/charge.ts'
import { ExpectedCosts } from '../../middleware/expected.ts'
import { readOptions } from '../../middleware/options.ts'
import { openai as openaiProvider } from '../../middleware/providers/openai/index.ts'
import { MeteredRequest } from '../../middleware/request.ts'
import { planTerms } from '../../middleware/terms.ts'
import { micro } from '../../src/amount.ts'
import type { CreditLedger } from '../../src/credits.ts'
import { parseAmount } from '../../src/index.ts'
import type { PaidCall } from '../../src/journal/paid-call.ts'
import { propertySettings } from '../support/property.ts'
import { type Bench, collect, MESSAGES, MODEL, openBench } from './support.ts'
import { DONE, readAllText, readerOf, startStreamServer, STREAMED_CHAT } from './stream-server.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
})
afterAll(() => bench.close())

const REQUEST = { model: MODEL, messages: MESSAGES }
const WORST = micro(3_200_000n)

const nothingKnown = () => new ExpectedCosts({ track: (work) => work })
const learned = (costs: readonly bigint[]) => {
  const expected = nothingKnown()
  for (const cost of costs) expected.learn('m', cost, WORST)
  return expected
}
const repeated = <T>(value: T, times: number): T[] => Array.from({ length: times }, () => value)

test('the worst case is reserved at first, and then what calls are seen to cost', () => {
  expect(nothingKnown().reserve('m', WORST)).toBe(WORST)
  const costs = repeated(400_000n, 6)
  const reserved = costs.map((_, seen) => learned(costs.slice(0, seen)).reserve('m', WORST))
  // An eighth is used. Of the rest, half as much is reserved with each call.
  expect(reserved.slice(0, 4)).toEqual([3_200_000n, 1_800_000n, 1_100_000n, 750_000n])
  expect(learned(repeated(400_000n, 40)).reserve('m', WORST)).toBe(400_000n)
  // Another model, another ratio; and in proportion to what the call may cost.
  expect(learned(repeated(400_000n, 40)).reserve('n', WORST)).toBe(WORST)
  expect(learned(repeated(400_000n, 40)).reserve('m', micro(80n))).toBe(10n)
})

test('calls that differ are reserved for with three deviations, and never more than the worst case', () => {
  const reserved = learned(Array.from({ length: 100 }, (_, n) => (n % 2 ? 300_000n : 600_000n))).reserve(
    'm',
    WORST,
  )
  // The mean is 450,000 and the deviation 150,000.
  expect(Number(reserved)).toBeGreaterThan(850_000)
  expect(Number(reserved)).toBeLessThan(950_000)
  expect(learned([1n, 3_200_000n, 1n, 3_200_000n]).reserve('m', WORST)).toBe(WORST)
})

test('a part is reserved however little was used, and more where the estimate was too low', () => {
  expect(learned(repeated(0n, 100)).reserve('m', WORST)).toBe(100_000n)
  expect(learned(repeated(0n, 100)).reserve('m', micro(1n))).toBe(1n)
  expect(learned(repeated(4_500_000n, 40)).reserve('m', WORST)).toBe(4_500_000n)
})

test('what was learned follows a change', () => {
  const expected = learned(repeated(30_000n, 500))
  for (const cost of repeated(1_500_000n, 100)) expected.learn('m', cost, WORST)
  expect(Number(expected.average('m', WORST))).toBeGreaterThan(1_350_000)
})

test('a thousand models are remembered, and the one not used for longest is forgotten', () => {
  const expected = nothingKnown()
  for (let n = 0; n < 1000; n++) expected.learn(`m${n}`, 0n, WORST)
  expect(expected.reserve('m0', WORST)).toBeLessThan(WORST)
  expected.learn('one more', 0n, WORST)
  expect(expected.reserve('m1', WORST)).toBe(WORST)
  expect(expected.reserve('m0', WORST)).toBeLessThan(WORST)
})

test('worst cases do not lock up a small balance', async () => {
  const server = await startStreamServer(bench.ledger)
  const account = await bench.fund('10')
  // Its output can cost 3 credits.
  const body = JSON.stringify({ ...STREAMED_CHAT, max_tokens: 18_750 })
  const usage = { prompt_tokens: 100, completion_tokens: 600 }
  const finish = async ({ response, answer }: Awaited<ReturnType<typeof server.open>>) => {
    answer.end(`data: ${JSON.stringify({ id: 'c', choices: [], usage })}\n\n${DONE}`)
    await readAllText(readerOf(response))
    await bench.settledCharges(account)
  }
  for (let n = 0; n < 6; n++) await finish(await server.open({ account }, { body }))
  const running = await Promise.all(repeated(undefined, 20).map(() => server.open({ account }, { body })))
  expect(running.map(({ response }) => response.status)).toEqual(repeated(200, 20))
  expect(await bench.ledger.balance(account)).toMatchObject({ openHolds: 20 })
  await Promise.all(running.map(finish))
  const charges = await bench.settledCharges(account)
  expect(charges).toHaveLength(26)
  // Twenty of the first kind would have needed 60 credits.
  expect(charges[0]?.held).toBeGreaterThan(3_000_000n)
  await server.close()
})

test('a new process learns from the receipts of the account, and its first call does not wait for that', async () => {
  const account = await bench.fund()
  const request = { ...REQUEST, model: 'gpt-4.1-nano' }
  const held = async () => (await bench.settledCharges(account)).map((charge) => charge.held)
  for (let n = 0; n < 8; n++) {
    await bench.client({ account }).chat.completions.create(request)
    await bench.ledger.settled()
  }
  const charges = await bench.settledCharges(account)
  const worst = charges[0]?.held ?? 0n
  const receipt = charges[7]?.receipt as { worstCase: string }
  expect(parseAmount(receipt.worstCase)).toBe(worst)
  expect(charges[7]?.held).toBeLessThan(worst / 5n)

  const successor = await bench.openAnother()
  const openai = bench.client({ account, credits: successor })
  await openai.chat.completions.create(request)
  await successor.settled()
  await openai.chat.completions.create(request)
  await successor.settled()
  const [, , , , , , , , ninth, tenth] = await held()
  expect(ninth).toBe(worst)
  expect(tenth).toBeLessThan(worst / 5n)
})

test('an estimate teaches nothing, and neither does a strict hold', async () => {
  const account = await bench.fund('1000')
  const request = { ...REQUEST, model: 'gpt-4o' }
  const openai = bench.client({ account })
  for (let n = 0; n < 3; n++) {
    bench.standIn.fail('no_usage')
    await openai.chat.completions.create(request)
    await bench.client({ account, estimate: 'strict' }).chat.completions.create(request)
    await bench.ledger.settled()
  }
  await openai.chat.completions.create(request)
  const charges = await bench.settledCharges(account)
  expect(charges.map(({ estimated }) => estimated)).toEqual([true, false, true, false, true, false, false])
  expect(new Set(charges.filter((_, n) => n % 2 === 0).map(({ held }) => held))).toHaveProperty('size', 1)
  expect(new Set(charges.filter((_, n) => n % 2 === 1).map(({ held }) => held))).toHaveProperty('size', 1)
  expect(charges[1]?.receipt).not.toHaveProperty('worstCase')
})

test('should the process end during an answer, its input is booked, or what such calls cost on average', async () => {
  const account = await bench.fund()
  const { bookings } = bench.ledger
  const fallbacks: PaidCall['lines'][] = []
  const credits: CreditLedger = Object.create(bench.ledger, {
    bookings: {
      value: {
        admit: bookings.admit.bind(bookings),
        settle: bookings.settle.bind(bookings),
        answered: (call: PaidCall) => fallbacks.push(call.lines),
      },
    },
  })
  const openai = bench.client({ account, credits })
  const request = { ...REQUEST, model: 'gpt-4.1' }
  await openai.chat.completions.create(request)
  const [charge] = await bench.settledCharges(account)
  await collect(await openai.chat.completions.create({ ...request, stream: true }))
  expect(fallbacks).toMatchObject([
    [{ estimated: true, units: { input_tokens: expect.any(String) } }],
    [{ estimated: true, note: expect.stringContaining('on average') }],
  ])
  expect(fallbacks[0]?.[0]).not.toHaveProperty('units.output_tokens')
  // The calls differ by a few tokens of input.
  const difference = parseAmount(fallbacks[1]?.[0]?.amount) - (charge?.amount ?? 0n)
  expect(Number(difference)).toBeLessThan(Number(charge?.amount) / 10)
  expect(Number(difference)).toBeGreaterThan(-Number(charge?.amount) / 10)
})

test('a strict hold covers what a call costs', async () => {
  const settings = readOptions({ credits: bench.ledger, estimate: 'strict' })
  const url = new URL('https://api.openai.com/v1')
  const text = fc.string({ unit: 'grapheme', maxLength: 300 })
  const limit = fc.option(fc.integer({ min: 1, max: 30_000 }), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('gpt-4.1-mini', 'gpt-5', 'o3', 'gpt-4o-audio-preview'),
      fc.constantFrom('/chat/completions', '/responses'),
      fc.array(text, { minLength: 1, maxLength: 5 }),
      limit,
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
      async (model, path, texts, most, choices, [inputPart = 0, outputPart = 0, cachedPart = 0]) => {
        const turns = texts.map((content) => ({ role: 'user', content }))
        const chat = path === '/chat/completions'
        const body = JSON.stringify(
          chat
            ? { model, messages: turns, max_completion_tokens: most, n: choices }
            : { model, input: turns, max_output_tokens: most },
        )
        const request = new MeteredRequest(new URL(`${url.href}${path}`), { method: 'POST', body })
        const route = openaiProvider.classify('POST', path)
        if (typeof route === 'string') throw new Error(`${path} is not metered.`)
        const terms = planTerms(request, openaiProvider, settings, [])
        const plan = await route.plan(request, terms)
        // A token has a byte at least; a turn brings a few of its own, and its JSON more bytes than those.
        const input = Math.floor(Buffer.byteLength(JSON.stringify(turns)) * inputPart)
        const window = terms.ratesOf(model)?.contextWindow ?? settings.maxOutputTokens
        const output = Math.floor((most ?? window) * (chat ? choices : 1) * outputPart)
        const cached_tokens = Math.floor(input * cachedPart)
        const usage = chat
          ? { prompt_tokens: input, completion_tokens: output, prompt_tokens_details: { cached_tokens } }
          : { input_tokens: input, output_tokens: output, input_tokens_details: { cached_tokens } }
        const report = plan.readAnswer(
          JSON.stringify({ id: 'a', model, status: 'completed', output: [], usage }),
        )
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
