import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ADMIN_ACTIONS } from '../../../bot/admin/actions.ts'
import { ADMIN_ACTION_NAMES, type AdminActionName } from '../../../bot/admin/action.ts'
import type { Fields, Problems } from '../../../bot/admin/fields.ts'
import { readRequest, writeRequest } from '../../../bot/admin/request.ts'
import { plainText } from '../../../bot/admin/words.ts'
import { CreditsError, formatAmount, micro } from '../../../src/index.ts'
import { propertySettings } from '../../support/property.ts'

const BATCH = '019abc12-0000-7000-8000-000000000001'

describe('what admins type', () => {
  it.each<[string, Fields]>([
    ['grant <@U07ADA|ada> 100 free', { account: '<@U07ADA>', amount: '100', type: 'free' }],
    ['grant slack:T01 2.5 PAID', { account: 'slack:T01', amount: '2.5', type: 'PAID' }],
    [
      'grant acme 1 free expires 30 days note for the pilot, expires soon',
      {
        account: 'acme',
        amount: '1',
        type: 'free',
        expires: '30 days',
        note: 'for the pilot, expires soon',
      },
    ],
    [
      'grant a&amp;b 1 free Note see <https://example.com/a|example.com/a> &lt;3 <@U1|ada>',
      { account: 'a&b', amount: '1', type: 'free', note: 'see https://example.com/a <3 @ada' },
    ],
    [`void ${BATCH} granted by mistake`, { batch: BATCH, reason: 'granted by mistake' }],
    [`void <@U1> ${BATCH} 2.5 twice`, { account: '<@U1>', batch: BATCH, amount: '2.5', reason: 'twice' }],
    [`refund ${BATCH} reason 500 from the provider`, { charge: BATCH, reason: '500 from the provider' }],
    [`refund acme ${BATCH} 5 reason 500`, { account: 'acme', charge: BATCH, amount: '5', reason: '500' }],
    [`extend ${BATCH} 30d pilot goes on`, { batch: BATCH, expires: '30d', reason: 'pilot goes on' }],
    ['threshold 20%', { line: '20%' }],
    ['threshold 50 20%', { line: '50 20%' }],
    ['threshold <@U1> default', { account: '<@U1>', line: 'default' }],
    ['threshold acme', { account: 'acme' }],
  ])('%s', (typed, fields) => {
    expect(fieldsOf(typed)).toEqual(fields)
  })

  it.each<[string, Problems]>([
    ['grant acme 1,000 free', { amount: `Invalid amount: "1,000" is not a decimal number such as '12.5'.` }],
    ['grant acme 0 free', { amount: 'Invalid amount: it must be more than 0.' }],
    [
      'grant acme',
      { amount: 'Say how many credits, such as 12.5.', type: expect.stringContaining('free or paid') },
    ],
    ['grant acme 1 gratis', { type: 'Unknown kind of credit "gratis": give one of free, paid.' }],
    [
      'grant acme 1 free expires 30',
      { expires: expect.stringContaining('such as 30d, a date such as 2027-01-31') },
    ],
    ['grant acme 1 free expires 31.1.2027', { expires: expect.stringContaining('such as 30d') }],
    ['grant acme 1 free expires 2027-13-01', { expires: expect.stringContaining('give ISO 8601') }],
    ['grant acme 1 free expires 1000y', { expires: expect.stringContaining('at most 10 years') }],
    [
      `grant acme 1 free note ${'x'.repeat(201)}`,
      { note: expect.stringContaining('At most 200 characters') },
    ],
    ['void', { batch: 'Say which batch, by its id.', reason: expect.stringContaining('Say why') }],
    ['void abc mistake', { batch: expect.stringContaining('a UUID') }],
    [`void ${BATCH}`, { reason: expect.stringContaining('Say why') }],
    [`void ${BATCH} -5 mistake`, { amount: expect.stringContaining('"-5" is negative') }],
    [`extend ${BATCH} 30 days`, { expires: expect.stringContaining('such as 30d') }],
    ['threshold', { line: expect.stringContaining('an amount such as 50') }],
    ['threshold 101%', { line: expect.stringContaining('from 1% to 100%') }],
    ['threshold 5 5', { line: expect.stringContaining('is not understood') }],
    ['threshold 5% 5%', { line: expect.stringContaining('is not understood') }],
  ])('%s is refused', (typed, problems) => {
    const [name] = typed.split(' ')
    const read = ADMIN_ACTIONS[name as AdminActionName].read({ account: 'acme', ...fieldsOf(typed) })
    expect(read).toEqual({ problems })
  })

  it('names what belongs nowhere', () => {
    expect(() => fieldsOf('grant acme 5 free in 30 days')).toThrow(
      '"in 30 days" is not understood there; what may follow begins with "expires" or "note".',
    )
  })

  it('reads a grant that was well typed as it was meant, before and after it went through a button', () => {
    const word = fc.stringMatching(/^[a-zA-Zäß0-9.,!?"'\\&<>@#|{}-]{1,12}$/)
    const grant = fc.record({
      account: fc.stringMatching(/^[a-z0-9:_-]{1,200}$/),
      amount: fc.bigInt({ min: 1n, max: 10n ** 18n }).map((amount) => formatAmount(micro(amount))),
      type: fc.constantFrom('free', 'paid'),
      expires: fc.option(fc.constantFrom('30d', '12h', '2 weeks', '2027-01-31', 'never'), { nil: undefined }),
      note: fc.option(
        fc.array(word, { minLength: 1, maxLength: 15 }).map((words) => words.join(' ')),
        { nil: undefined },
      ),
    })
    fc.assert(
      fc.property(grant, ({ expires, note, ...terms }) => {
        const given: Fields = {
          ...terms,
          ...(expires === undefined ? {} : { expires }),
          ...(note === undefined ? {} : { note }),
        }
        const words = [
          'grant',
          terms.account,
          terms.amount,
          terms.type,
          ...(expires === undefined ? [] : ['expires', expires]),
          ...(note === undefined ? [] : ['note', escaped(note)]),
        ]
        const fields = fieldsOf(words.join(' '))
        expect(fields).toEqual(given)
        expect(ADMIN_ACTIONS.grant.read(fields)).toMatchObject({ terms: { account: terms.account } })
        const value = writeRequest({ id: BATCH, action: 'grant', fields })
        expect(value.length).toBeLessThanOrEqual(2_000)
        expect(readRequest(value)).toEqual({ id: BATCH, action: 'grant', fields })
      }),
      propertySettings({ numRuns: 300 }),
    )
  })

  it('answers anything at all with terms, or with what is wrong', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom(
        'note',
        'expires',
        'reason',
        'free',
        '5',
        '-1',
        '20%',
        BATCH,
        '<@U1|a>',
        'never',
        'default',
      ),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...ADMIN_ACTION_NAMES),
        fc.array(piece, { maxLength: 12 }),
        (name, typed) => {
          const action = ADMIN_ACTIONS[name]
          let fields: Fields
          try {
            fields = action.fieldsOf(typed.join(' ').split(/\s+/).filter(Boolean))
          } catch (error) {
            expect(CreditsError.isInstance(error)).toBe(true)
            return
          }
          const read = action.read({ account: 'acme', ...fields })
          if ('problems' in read) {
            for (const problem of Object.values(read.problems)) expect(problem).toMatch(/\S.*\.$/s)
          } else {
            expect(read.terms.account).not.toBe('')
          }
        },
      ),
      propertySettings({ numRuns: 500 }),
    )
  })
})

describe('a button', () => {
  it.each([
    [undefined],
    [''],
    ['null'],
    ['{"id":"1","action":"grant","fields":{}}'],
    [`{"id":"${BATCH}","action":"drop","fields":{}}`],
    [`{"id":"${BATCH}","action":"grant","fields":{"amount":5}}`],
    [`{"id":"${BATCH}","action":"grant","fields":{"source":"top_up"}}`],
    [`{"id":"${BATCH}","action":"grant","fields":{},"actor":"U1"}`],
  ])('that carries %j carries nothing', (value) => {
    expect(readRequest(value)).toBeUndefined()
  })
})

function fieldsOf(typed: string): Fields {
  const [name, ...words] = typed.split(/\s+/)
  return ADMIN_ACTIONS[name as AdminActionName].fieldsOf(words)
}

/** As Slack sends what was typed. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

describe('plain text', () => {
  it('has mentions and links as they were seen', () => {
    expect(
      plainText(['<@U1|ada>', '<#C1|general>', '<!here>', '<!subteam^S1|@admins>', '<https://a.b|a.b>']),
    ).toBe('@ada #general @here @admins https://a.b')
  })
})
