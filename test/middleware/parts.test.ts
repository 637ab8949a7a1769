import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventSplitter } from '../../middleware/event-splitter.ts'
import { apiPath } from '../../middleware/path.ts'
import { openai } from '../../middleware/providers/openai/index.ts'
import { estimatedInput, measureInput } from '../../middleware/providers/estimate.ts'
import { chatUsage, responseUsage, transcriptionUsage } from '../../middleware/providers/openai/usage.ts'
import { waveDuration } from '../../middleware/wave-audio.ts'
import type { PlanTerms } from '../../middleware/provider.ts'
import { fraction } from '../../src/rates/fraction.ts'
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
      const taken: string[] = []
      const splitter = new EventSplitter((data) => {
        taken.push(data)
        return data
      })
      const bytes = new TextEncoder().encode(text)
      let out = ''
      let at = 0
      for (const cut of cuts) out += splitter.push(bytes.subarray(at, (at += cut)))
      out += splitter.push(bytes.subarray(at)) + splitter.end()
      expect(taken).toEqual(events.map(([, data]) => data.join('\n')))
      expect(out).toBe(text)
    }),
    propertySettings({ numRuns: 300 }),
  )
})

test('events can be changed and dropped; what has no data passes', () => {
  const splitter = new EventSplitter((data) => (data === 'drop' ? undefined : data.replace('old', 'new')))
  const encode = (text: string) => new TextEncoder().encode(text)
  expect(splitter.push(encode(': alive\n\ndata: drop\n\nevent: x\ndata: old $&\n\nda'))).toBe(
    ': alive\n\nevent: x\ndata: new $&\n\n',
  )
  expect(splitter.push(encode('ta:drop\r\n\r\n'))).toBe('')
  expect(splitter.push(encode('data: old'))).toBe('')
  expect(splitter.end()).toBe('data: new')
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
  ['POST', '/embeddings', 'unmetered'],
  ['POST', '/responses/compact', 'unmetered'],
  ['POST', '/chat/completions/', 'unmetered'],
  ['POST', '/files/f/anything', 'unmetered'],
  ['PATCH', '/chat/completions', 'unmetered'],
])('%s %s is %s', (method, path, kind) => {
  expect(openai.classify(method, path)).toBe(kind)
})

test('routes are found by their exact path', () => {
  for (const path of ['/chat/completions', '/responses', '/audio/transcriptions']) {
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

test('a hostile prompt of 40 KB is measured in less than a millisecond', () => {
  const prompts = [
    'a'.repeat(40_000),
    '🐘'.repeat(10_000),
    '{"input_image":'.repeat(2500),
    '\\"'.repeat(20_000),
  ]
  for (const prompt of prompts) {
    const body = { model: 'm', messages: [{ role: 'user', content: prompt }] }
    const text = JSON.stringify(body)
    // The best of some: others use this machine too.
    const times = Array.from({ length: 20 }, () => {
      const start = performance.now()
      measureInput(text, body)
      return performance.now() - start
    })
    expect(Math.min(...times)).toBeLessThan(1)
  }
})

test('a body nested as deep as it is long is measured', () => {
  let nested: unknown = { type: 'input_image', image_url: 'https://example.com/x.png' }
  for (let depth = 0; depth < 50_000; depth++) nested = [nested]
  expect(measureInput('input_image', { input: nested })).toMatchObject({ images: 1 })
})

/** A WAV file's head: 16 kHz, 16 bits, mono. */
function wave(options: { dataBytes: number; extra?: string; bytesPerSecond?: number }): Uint8Array {
  const extra = options.extra ?? ''
  const head = Buffer.alloc(44 + (extra ? 8 + extra.length + (extra.length % 2) : 0))
  head.write('RIFF', 0)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt32LE(options.bytesPerSecond ?? 32_000, 28)
  if (extra) {
    head.write('LIST', 36)
    head.writeUInt32LE(extra.length, 40)
    head.write(extra, 44)
  }
  head.write('data', head.length - 8)
  head.writeUInt32LE(options.dataBytes, head.length - 4)
  return head
}

test('a WAV file is measured by its header', () => {
  expect(waveDuration(wave({ dataBytes: 48_000 }), 44 + 48_000)).toEqual(fraction(3n, 2n))
  expect(waveDuration(wave({ dataBytes: 48_000, extra: 'INFOx' }), 58 + 48_000)).toEqual(fraction(3n, 2n))
  // A header that promises more than there is, and one that was written before the size was known.
  expect(waveDuration(wave({ dataBytes: 4_000_000_000 }), 44 + 16_000)).toEqual(fraction(1n, 2n))
  expect(waveDuration(wave({ dataBytes: 0xffff_ffff }), 44 + 16_000)).toEqual(fraction(1n, 2n))
  expect(waveDuration(wave({ dataBytes: 0 }), 44 + 16_000)).toEqual(fraction(1n, 2n))
})

test('what is no WAV file is not measured, whatever its bytes', () => {
  expect(waveDuration(wave({ dataBytes: 10, bytesPerSecond: 0 }), 54)).toBeUndefined()
  expect(waveDuration(Buffer.from('RIFF....AVI LIST'), 100)).toBeUndefined()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      expect(waveDuration(bytes, bytes.length)).toBeUndefined()
      const cut = wave({ dataBytes: 100 }).subarray(0, bytes.length)
      const length = waveDuration(cut, cut.length)
      expect(length === undefined || length.numerator >= 0n).toBe(true)
    }),
    propertySettings({ numRuns: 200 }),
  )
})
