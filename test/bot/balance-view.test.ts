import { describe, expect, it } from 'vitest'
import { balanceView } from '../../bot/index.ts'
import { parseAmount, ZERO } from '../../src/amount.ts'
import type { Balance } from '../../src/types.ts'
import { checkMessage } from '../fakes/slack-limits.ts'

const BALANCE: Balance = {
  account: 'slack:T01',
  settled: parseAmount('1262.5'),
  held: parseAmount('2.25'),
  available: parseAmount('1260.25'),
  free: parseAmount('12.5'),
  paid: parseAmount('1250'),
  debt: ZERO,
  openHolds: 2,
  nextExpiry: { at: new Date('2026-12-22T17:00:00Z'), amount: parseAmount('12.5') },
}

/** The text that people see, a line for each piece. */
function readable(balance: Balance): string {
  const message = checkMessage({ response_type: 'ephemeral', ...balanceView(balance) })
  const lines = message.blocks.flatMap((block) => {
    if (block.type === 'context') return block.elements.map((element) => `(${element.text})`)
    const fields = block.type === 'section' ? (block.fields ?? []) : []
    return [...(block.text === undefined ? [] : [block.text.text]), ...fields.map((field) => field.text)]
  })
  return [...lines, '', message.text].join('\n')
}

describe('balanceView', () => {
  it('shows three numbers, what they are made of, and what expires next', () => {
    expect(readable(BALANCE)).toMatchInlineSnapshot(`
      "1,260.25 credits available
      *Available*
      1,260.25
      *Held*
      2.25 (2 open holds)
      *Settled*
      1,262.5
      *Of which*
      \`Free\` 12.5   \`Paid\` 1,250
      (Next to expire: 12.5 credits on <!date^1797958800^{date_short_pretty} at {time}|22 Dec 2026, 17:00 UTC>.)
      (Account \`slack:T01\`. Available is settled less held.)

      1,260.25 credits available: 1,262.5 settled, 2.25 held (2 open holds). Free 12.5, Paid 1,250. Next to expire: 12.5 credits on 22 Dec 2026, 17:00 UTC."
    `)
  })

  it('says that nothing expires, and nothing of holds where there are none', () => {
    const shown = readable({
      ...BALANCE,
      held: ZERO,
      openHolds: 0,
      available: BALANCE.settled,
      nextExpiry: null,
    })
    expect(shown).toContain('No credit expires.')
    expect(shown).not.toMatch(/open hold|:warning:/)
  })

  it('warns of debt in words', () => {
    const debt = parseAmount('3.2')
    const nothing = { settled: -debt as typeof debt, available: -debt as typeof debt, free: ZERO, paid: ZERO }
    const shown = readable({ ...BALANCE, ...nothing, held: ZERO, openHolds: 0, debt, nextExpiry: null })
    expect(shown).toContain('-3.2 credits available')
    expect(shown).toContain(':warning: Debt of 3.2 credits: the next credit granted repays it first.')
  })

  it('tells credit that is held from credit that is gone', () => {
    const held = { ...BALANCE, available: ZERO, held: BALANCE.settled, openHolds: 1 }
    expect(readable(held)).toContain(':warning: All credit is held')
    expect(readable(held)).toContain('1,262.5 (1 open hold)')
    const gone = {
      ...BALANCE,
      settled: ZERO,
      available: ZERO,
      held: ZERO,
      openHolds: 0,
      free: ZERO,
      paid: ZERO,
    }
    expect(readable({ ...gone, nextExpiry: null })).toContain(':warning: No credit is left')
  })

  it('never shows a trace of credit as none', () => {
    expect(readable({ ...BALANCE, held: parseAmount('0.000001') })).toContain('0.000001 (2 open holds)')
  })

  it('takes the markup out of an account’s name', () => {
    const shown = readable({ ...BALANCE, account: '<!channel> `&`' })
    expect(shown).toContain('Account `&lt;!channel&gt; ˋ&amp;ˋ`')
  })
})
