import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventSplitter } from '../../middleware/event-splitter.ts'
import { apiPath } from '../../middleware/path.ts'
import { isObject } from '../../middleware/json.ts'
import { writtenBytes } from '../../middleware/providers/answer.ts'
import { readChatEvents } from '../../middleware/providers/openai/chat-stream.ts'
import { openai } from '../../middleware/providers/openai/index.ts'
import { estimatedInput, measureInput } from '../../middleware/providers/estimate.ts'
import { chatUsage, responseUsage, transcriptionUsage } from '../../middleware/providers/openai/usage.ts'
import type { PlanTerms, UsageReport } from '../../middleware/provider.ts'
import { fraction } from '../../src/rates/fraction.ts'
import type { Rates } from '../../src/rates.ts'
import { propertySettings } from '../support/property.ts'

test('events are cut the same over any division into chunks', () => {
  const line = fc.constantFrom('\n', '\r\n', '\r')
  const event = fc.tuple(
    fc.option(fc.constantFrom('event: a', ': alive', 'id: 7')),
    fc.array(
      fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, ' ')),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), line, fc.array(fc.nat(50)), (events, end, cuts) => {
      const text = events
        .map(([field, data]) =>
          [...(field === null ? [] : [field]), ...data.map((part) => `data: ${part}`), '', ''].join(end),
        )
        .join('')
      for (const rewrites of [true, false]) {
        const taken: string[] = []
        const splitter = new EventSplitter((data) => {
          taken.push(data)
          return data
        }, rewrites)
        const bytes = new TextEncoder().encode(text)
        const out: Uint8Array[] = []
        let at = 0
        for (const cut of cuts) out.push(splitter.push(bytes.subarray(at, (at += cut))))
        out.push(splitter.push(bytes.subarray(at)), splitter.end())
        expect(taken).toEqual(events.map(([, data]) => data.join('\n')))
        expect(Buffer.concat(out).toString()).toBe(text)
      }
    }),
    propertySettings({ numRuns: 300 }),
  )
})

test('events can be changed and dropped; what has no data passes', () => {
  const splitter = new EventSplitter(
    (data) => (data === 'drop' ? undefined : data.replace('old', 'new')),
    true,
  )
  const push = (text: string) => Buffer.from(splitter.push(Buffer.from(text))).toString()
  expect(push(': alive\n\ndata: drop\n\nevent: x\ndata: old $&\n\nda')).toBe(
    ': alive\n\nevent: x\ndata: new $&\n\n',
  )
  // The end of a dropped event may be cut in two, and goes with it.
  expect(push('ta:drop\r\n\r') + push('\n')).toBe('')
  expect(push('data: keep\r\n\r') + push('\n')).toBe('data: keep\r\n\r\n')
  expect(push('data: old')).toBe('')
  expect(Buffer.from(splitter.end()).toString()).toBe('data: new')
})

test('an event of any length passes, and takes time in proportion to it', () => {
  const splitter = new EventSplitter(() => undefined, true)
  const piece = new Uint8Array(16 * 1024).fill(97)
  let passed = splitter.push(Buffer.from('data: ')).length
  const start = performance.now()
  for (let n = 0; n < 1500; n++) passed += splitter.push(piece).length
  // 24 MB; joined anew at each piece, it takes some 10 s.
  expect(performance.now() - start).toBeLessThan(2000)
  passed += splitter.push(Buffer.from('\n\n')).length
  expect(passed).toBe(6 + 1500 * piece.length + 2)
  // The next one is read again.
  expect(splitter.push(Buffer.from('data: x\n\n'))).toHaveLength(0)
})

test.each([
  ['https://api.openai.com/v1/chat/completions', undefined, '/chat/completions'],
  ['https://openrouter.ai/api/v1/chat/completions', undefined, '/chat/completions'],
  [
    'https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1',
    undefined,
    '/chat/completions',
  ],
  ['https://x.openai.azure.com/openai/v1/responses', undefined, '/responses'],
  ['https://x.openai.azure.com/openai/responses/resp_1?api-version=1', undefined, '/responses/resp_1'],
  [
    'https://x.openai.azure.com/openai/deployments/d/responses',
    'https://x.openai.azure.com/openai',
    '/responses',
  ],
  ['https://proxy.example/llm/responses', 'https://proxy.example/llm/', '/responses'],
  ['https://elsewhere.example/v1/responses', 'https://proxy.example/llm', '/responses'],
  ['https://api.openai.com/v1/threads/t/messages', undefined, '/threads/t/messages'],
  ['https://api.openai.com/v1/v1/responses', undefined, '/v1/responses'],
])('the path of %s below %s is %s', (url, base, path) => {
  expect(apiPath(new URL(url), base === undefined ? undefined : new URL(base))).toBe(path)
})

test.each([
  ['GET', '/models', 'free'],
  ['DELETE', '/files/f', 'free'],
  ['POST', '/uploads/u/parts', 'free'],
  ['POST', '/conversations/c/items', 'free'],
  ['POST', '/responses/input_tokens', 'free'],
  ['POST', '/audio/speech', 'unmetered'],
  ['POST', '/responses/compact', 'unmetered'],
  ['POST', '/chat/completions/', 'unmetered'],
  ['POST', '/files/f/anything', 'unmetered'],
  ['PATCH', '/chat/completions', 'unmetered'],
])('%s %s is %s', (method, path, kind) => {
  expect(openai.classify(method, path)).toBe(kind)
})

test('routes are found by their exact path', () => {
  for (const path of ['/chat/completions', '/responses', '/embeddings', '/audio/transcriptions']) {
    expect(openai.classify('POST', path)).toMatchObject({ plan: expect.any(Function) })
  }
})

test('usage that is not stated, or not in whole numbers, is not read', () => {
  for (const nothing of [null, undefined, {}, { prompt_tokens: 1 }, [], 'x'])
    expect(chatUsage(nothing)).toBeUndefined()
  for (const bad of [-1, 0.5, '7', Number.NaN, 2 ** 60]) {
    expect(chatUsage({ prompt_tokens: bad, completion_tokens: 1 })).toBeUndefined()
    const details = { input_tokens_details: { cached_tokens: bad } }
    expect(responseUsage({ input_tokens: 1, output_tokens: 1, ...details })).toBeUndefined()
  }
  expect(transcriptionUsage({ text: 'x' })).toBeUndefined()
  expect(transcriptionUsage({ usage: { type: 'duration', seconds: -1 } })).toBeUndefined()
  for (const seconds of [1e300, Number.NaN, 'soon', null]) {
    expect(transcriptionUsage({ usage: { type: 'duration', seconds } })).toBeUndefined()
  }
  expect(transcriptionUsage({ usage: { type: 'duration', seconds: 1e-300 } })).toEqual({
    input_audio_seconds: fraction(0n),
  })
  expect(transcriptionUsage({ duration: 8.470000267028809 })).toEqual({
    input_audio_seconds: fraction(847n, 100n),
  })
  expect(transcriptionUsage({ duration: '6.5' })).toEqual({ input_audio_seconds: fraction(13n, 2n) })
})

const EXPECTED = { strict: false, maxOutputTokens: 10 } as PlanTerms
const STRICT = { strict: true, maxOutputTokens: 10 } as PlanTerms

test('an estimate counts bytes, not what pictures and recordings are encoded in', () => {
  const content = (parts: object[]) => ({ messages: [{ role: 'user', content: parts }] })
  const words = content([{ type: 'text', text: 'Hello' }])
  const picture = content([
    { type: 'text', text: 'Hello' },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(1_000_000)}` } },
  ])
  const recording = content([
    { type: 'input_audio', input_audio: { data: 'A'.repeat(80_000), format: 'wav' } },
  ])
  const tokens = (body: object, terms = EXPECTED) =>
    estimatedInput(measureInput(JSON.stringify(body), body as never), 0, undefined, terms)
  const bytes = JSON.stringify(words).length
  expect(tokens(words).input_tokens).toBe(BigInt(Math.ceil(bytes / 2)))
  expect(tokens(words, STRICT).input_tokens).toBe(BigInt(bytes))
  expect(tokens(picture).input_tokens).toBeLessThan(2000n)
  expect(tokens(picture, STRICT).input_tokens).toBeLessThan(5000n)
  // 60,000 bytes are at most half a minute of speech, of 10 tokens a second.
  expect(tokens(recording)).toMatchObject({ input_audio_tokens: 300n })
  expect(tokens({ ...words, previous_response_id: 'resp_1' }).input_tokens).toBeGreaterThan(8000n)
})

test('a strict estimate takes all that fits where tools add to the input', () => {
  const body = { input: 'Hello', tools: [{ type: 'web_search' }] }
  const rates = { contextWindow: 128_000 } as Rates
  const size = measureInput(JSON.stringify(body), body)
  expect(estimatedInput(size, 8000, rates, STRICT).input_tokens).toBe(128_000n)
  expect(estimatedInput(size, 8000, rates, EXPECTED).input_tokens).toBeLessThan(8100n)
})

/** 40 KB each, of what makes tokenizers and patterns slow, and of what is looked for in answers. */
const HOSTILE = [
  'a'.repeat(40_000),
  '🐘'.repeat(10_000),
  '{"input_image":'.repeat(2500),
  '\\"'.repeat(20_000),
  ',"usage":null'.repeat(3000),
  `,${' '.repeat(40_000)}"usage"`,
  ', '.repeat(20_000),
  '\r\n'.repeat(20_000),
  '"delta":{"content":"'.repeat(2000),
  '['.repeat(40_000),
]

/** The best of some, in milliseconds: others use this machine too. */
const bestTime = (work: () => unknown): number =>
  Math.min(
    ...Array.from({ length: 20 }, () => {
      const start = performance.now()
      work()
      return performance.now() - start
    }),
  )

test.each(HOSTILE.map((prompt) => [prompt.slice(0, 12), prompt]))(
  'a hostile prompt of 40 KB (%j…) is measured in less than a millisecond',
  (_, prompt) => {
    const body = { model: 'm', messages: [{ role: 'user', content: prompt }] }
    const text = JSON.stringify(body)
    expect(bestTime(() => measureInput(text, body))).toBeLessThan(1)
  },
)

test.each(HOSTILE.map((text) => [text.slice(0, 12), text]))(
  'a hostile answer of 40 KB (%j…) is followed in less than two milliseconds',
  (_, text) => {
    const chunks = [
      { id: 'c', choices: [{ index: 0, delta: { content: text } }], usage: null },
      { id: 'c', choices: [{ index: 0, delta: { [text]: 'Hello' } }], usage: null },
    ]
    const streams = [chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join(''), `data: ${text}`]
    for (const stream of streams) {
      const bytes = new TextEncoder().encode(stream)
      const follow = () => {
        const reader = chatReader(true)
        const splitter = new EventSplitter((data) => reader.take(data), true)
        splitter.push(bytes)
        splitter.end()
      }
      expect(bestTime(follow)).toBeLessThan(2)
    }
  },
)

/** Counts the bytes that were written; a usage that is stated counts as 1000 in a report. */
const chatReader = (asked: boolean) => {
  const report = (tokens: number): UsageReport => ({
    lines: [{ category: 'LLM', usage: { output_tokens: BigInt(tokens) }, rates: undefined }],
  })
  return readChatEvents(
    asked,
    (chunk) => (isObject(chunk['usage']) ? report(1000) : undefined),
    (bytes) => report(bytes),
    (choice) => writtenBytes(choice['delta'], ['content', 'reasoning_content']),
  )
}

test('a chunk that is recognised is passed on and counted as one that is parsed', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom('"usage":null', ',"usage":null}', '\\', '"delta":{"content":"', '\n', ' word'),
  )
  // Some pieces of one shape in a row, as they are in a stream.
  const chunks = fc
    .record({
      texts: fc.array(text, { minLength: 1, maxLength: 4 }),
      extra: fc.constantFrom({}, {}, { tool_calls: [] }, { role: 'assistant' }, { reasoning_content: 'x' }),
      more: fc.constantFrom({}, { obfuscation: 'aB3' }, { x: { usage: null } }, { error: { delta: 1 } }),
      choices: fc.constantFrom(1, 1, 0, 2),
      usage: fc.constantFrom('null', 'null', 'none', 'first', 'stated', 'stated first'),
      spaces: fc.constantFrom(0, 0, 1),
    })
    .map(({ texts, extra, more, choices, usage, spaces }) =>
      texts.map((content) => {
        const choice = { index: 0, delta: { content, ...extra }, finish_reason: null }
        const chunk = {
          ...(usage === 'first' ? { usage: null } : {}),
          ...(usage === 'stated first' ? { usage: { prompt_tokens: 1 } } : {}),
          id: 'c',
          choices: Array.from({ length: choices }, () => choice),
          ...(usage === 'null' ? { usage: null } : {}),
          ...(usage === 'stated' ? { usage: { prompt_tokens: 1 } } : {}),
          ...more,
        }
        return JSON.stringify(chunk, undefined, spaces)
      }),
    )
  fc.assert(
    fc.property(fc.array(chunks, { minLength: 1, maxLength: 6 }), (shapes) => {
      const reader = chatReader(true)
      let bytes = 0
      for (const data of shapes.flat()) {
        // A reader that has seen nothing yet parses.
        const parsing = chatReader(true)
        expect(reader.take(data)).toBe(parsing.take(data))
        if (parsing.report()?.lines.length) expect(reader.report()).toEqual(parsing.report())
        bytes += Number(parsing.estimate().lines[0]?.usage['output_tokens'])
      }
      expect(reader.estimate().lines[0]?.usage['output_tokens']).toBe(BigInt(bytes))
    }),
    propertySettings({ numRuns: 500 }),
  )
})

test('a body nested as deep as it is long is measured', () => {
  let nested: unknown = { type: 'input_image', image_url: 'https://example.com/x.png' }
  for (let depth = 0; depth < 50_000; depth++) nested = [nested]
  expect(measureInput('input_image', { input: nested })).toMatchObject({ images: 1 })
})
