import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { barsBlock } from '../../bot/charts/bars.ts'
import type { Chart } from '../../bot/charts/chart.ts'
import { nativeChart } from '../../bot/charts/native.ts'
import { chartInWords, pictureInput } from '../../bot/charts/picture-input.ts'
import { Pictures, TooManyPictures } from '../../bot/charts/pictures.ts'
import { checkMessage } from '../fakes/slack.ts'

const micro = (credits: number): bigint => BigInt(Math.round(credits * 1_000_000))

const chartOf = (
  values: readonly (readonly number[])[],
  names = ['LLM', 'WebSearch', 'SpeechToText'],
): Chart => ({
  title: 'Credits used each day',
  labels: values.map((_, place) => `${place + 1} Nov`),
  series: names.map((name, index) => ({ name, amounts: values.map((all) => micro(all[index] ?? 0)) })),
})

const linesOf = (chart: Chart): string[] => {
  const [element] = barsBlock(chart).elements
  const [text] = element?.type === 'rich_text_preformatted' ? element.elements : []
  return text?.type === 'text' ? text.text.split('\n') : []
}

const message = (block: object) => ({ response_type: 'ephemeral', text: 'Usage', blocks: [block] })

describe('bars', () => {
  it('stack what was used, each category with a fill of its own', () => {
    const chart = chartOf([
      [9, 6, 3],
      [0, 0, 0],
      [0.000001, 0, 0],
      [0, 4.5, 4.5],
    ])
    expect(linesOf(chart)).toEqual([
      '█ LLM  ▓ WebSearch  ░ SpeechToText',
      '1 Nov █████████▓▓▓▓▓▓░░░ 18',
      '2 Nov                    0',
      '3 Nov █                  0.000001',
      '4 Nov ▓▓▓▓▓░░░░          9',
    ])
  })

  it('are as long as the amounts, whatever these are', () => {
    const amount = fc.bigInt({ min: 0n, max: 2n ** 63n })
    fc.assert(
      fc.property(fc.array(fc.tuple(amount, amount, amount), { minLength: 1, maxLength: 20 }), (places) => {
        const chart: Chart = {
          title: 'Any',
          labels: places.map((_, index) => String(index)),
          series: [0, 1, 2].map((index) => ({ name: 'any', amounts: places.map((all) => all[index] ?? 0n) })),
        }
        const sums = places.map(([a, b, c]) => a + b + c)
        const largest = sums.reduce((most, sum) => (sum > most ? sum : most))
        const lengths = linesOf(chart)
          .slice(1)
          .map((line) => line.replaceAll(/[^█▓░]/g, '').length)
        for (const [index, sum] of sums.entries()) {
          const exact = largest === 0n ? 0 : (Number(sum) / Number(largest)) * 18
          expect(Math.abs((lengths[index] ?? 0) - exact)).toBeLessThanOrEqual(exact < 0.5 ? 1 : 0.5001)
          expect((lengths[index] ?? 0) > 0).toBe(sum > 0n)
        }
      }),
    )
  })
})

describe("Slack's own chart", () => {
  it('keeps within its limits', () => {
    const long = chartOf(
      Array.from({ length: 30 }, (_, index) => [index, 2, 0]),
      ['a name of a series that is too long', 'WebSearch', 'SpeechToText'],
    )
    const block = nativeChart({
      ...long,
      title: 'A title that is longer than Slack lets the title of a chart be',
    })
    expect(() => checkMessage(message(block))).not.toThrow()
  })

  it('has the numbers in credits', () => {
    expect(nativeChart(chartOf([[1.5, 0.000001, 0]]))).toMatchObject({
      type: 'data_visualization',
      chart: {
        series: [
          { name: 'LLM', data: [{ label: '1 Nov', value: 1.5 }] },
          { name: 'WebSearch', data: [{ label: '1 Nov', value: 0.000001 }] },
          { name: 'SpeechToText', data: [{ label: '1 Nov', value: 0 }] },
        ],
      },
    })
  })
})

describe('pictures', () => {
  const pictures = new Pictures()
  afterAll(() => pictures.close())

  const named = (title: string) =>
    pictureInput({
      ...chartOf([
        [3, 2, 1],
        [1, 1, 1],
      ]),
      title,
    })

  it('are PNG, and show text', async () => {
    const [wide, narrow] = await Promise.all([pictures.draw(named('MMMM')), pictures.draw(named('IIII'))])
    expect(Buffer.from(wide.subarray(1, 4)).toString()).toBe('PNG')
    const width = Buffer.from(wide).readUInt32BE(16)
    expect(width).toBeGreaterThan(1_600)
    // Nothing but the letters of the title differs: where text is not drawn, they are the same.
    expect(Buffer.compare(wide, narrow)).not.toBe(0)
  })

  it('are drawn once for the same numbers', async () => {
    const [first, second] = await Promise.all([pictures.draw(named('Once')), pictures.draw(named('Once'))])
    expect(second).toBe(first)
    expect(await pictures.draw(named('Once'))).toBe(first)
  })

  it('are refused where too many wait, and drawn again later', async () => {
    const drawn = await Promise.allSettled(
      Array.from({ length: 26 }, (_, index) => pictures.draw(named(`Chart ${index}`))),
    )
    const refused = drawn.filter(({ status }) => status === 'rejected')
    expect(refused).toMatchObject([{ reason: expect.any(TooManyPictures) as unknown }])
    await expect(pictures.draw(named('Chart 25'))).resolves.toBeInstanceOf(Uint8Array)
  })

  it('start another thread after one has ended', async () => {
    await Promise.all([
      expect(pictures.draw(named('Interrupted'))).rejects.toThrow('stops'),
      pictures.close(),
    ])
    await expect(pictures.draw(named('Interrupted'))).resolves.toBeInstanceOf(Uint8Array)
  })

  it('say in words what they show', () => {
    expect(
      chartInWords(
        chartOf([
          [1234.5, 0, 0.25],
          [0, 2, 0],
        ]),
      ),
    ).toBe('Credits used each day. LLM 1,234.5, WebSearch 2, SpeechToText 0.25. 1 Nov 1,234.75; 2 Nov 2')
    const many = chartInWords(chartOf(Array.from({ length: 366 }, () => [1, 1, 1])))
    expect(many).toHaveLength(2_000)
    expect(pictureInput(chartOf([[1.5, 2, 0]])).series.map(({ name }) => name)).toEqual([
      'LLM 1.5',
      'WebSearch 2',
      'SpeechToText 0',
    ])
  })
})
