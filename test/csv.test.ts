import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvLine } from '../src/csv.ts'
import { parseCsv } from '../src/rates/csv.ts'
import { propertySettings } from './support/property.ts'

describe('a line of comma-separated values', () => {
  it('has what needs it quoted, nothing else', () => {
    expect(csvLine(['a', 'a,b', 'say "no"', 'two\nlines', 'cr\rhere', ' a '])).toBe(
      'a,"a,b","say ""no""","two\nlines","cr\rhere", a \r\n',
    )
  })

  it('has nothing for null, and numbers as they are', () => {
    expect(csvLine([null, -1, 12n, true, ''])).toBe(',-1,12,true,\r\n')
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1+1', '=HYPERLINK("http://x","y")'])(
    'keeps %j from being a formula',
    (text) => {
      const [row] = parseCsv(csvLine([text, 'end']))
      expect(row?.cells[0]?.startsWith("'")).toBe(true)
      expect(row?.cells[0]?.slice(1).trim()).toBe(text.trim())
    },
  )

  it('is read back as it was, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ';', '=', "'", '1', ' ', 'é') }),
          { minLength: 2 },
        ),
        (cells) => {
          const [row, ...others] = parseCsv(csvLine(cells))
          expect(others).toEqual([])
          expect(row?.cells).toEqual(
            // What has no quotes is trimmed by whoever reads it here.
            cells.map((cell) => {
              const text = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell
              return /[",\r\n]/.test(text) ? text : text.trim()
            }),
          )
        },
      ),
      propertySettings({ numRuns: 300 }),
    )
  })
})
