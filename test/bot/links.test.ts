import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SignedLinks } from '../../bot/links.ts'

const MINUTE_MS = 60_000
const settings = { baseUrl: 'https://credits.example.com/', secret: 'a secret of the server, 32 characters' }

/** What the server sees of an address. */
const queryOf = (address: string): string => new URL(address).search.slice(1)

describe('signed links', () => {
  it('give back what was signed, until they expire', () => {
    let now = Date.parse('2026-11-22T12:00:00.500Z')
    const links = new SignedLinks(settings, () => now)
    const address = links.sign('/files/chart.png', { account: 'slack:T1', zone: 'Europe/Berlin' }, MINUTE_MS)
    expect(address).toMatch(/^https:\/\/credits\.example\.com\/files\/chart\.png\?account=slack%3AT1&/)
    expect(links.open('/files/chart.png', queryOf(address))).toEqual({
      state: 'valid',
      parameters: { account: 'slack:T1', zone: 'Europe/Berlin' },
    })
    now += MINUTE_MS
    expect(links.open('/files/chart.png', queryOf(address)).state).toBe('valid')
    now += 1_000
    expect(links.open('/files/chart.png', queryOf(address))).toEqual({ state: 'expired' })
  })

  it('open only what they were signed for, and with the secret they were signed with', () => {
    const links = new SignedLinks(settings)
    const others = new SignedLinks({ ...settings, secret: 'another secret' })
    const query = queryOf(links.sign('/files/chart.png', { account: 'acme' }, MINUTE_MS))
    expect(links.open('/files/charges.csv', query)).toEqual({ state: 'forged' })
    expect(others.open('/files/chart.png', query)).toEqual({ state: 'forged' })
    expect(links.open('/files/chart.png', '')).toEqual({ state: 'forged' })
    expect(links.open('/files/chart.png', `${query}&account=other`)).toEqual({ state: 'forged' })
    expect(links.open('/files/chart.png', `account=other&${query}`)).toEqual({ state: 'forged' })
  })

  it('refuse every change of a byte', () => {
    const links = new SignedLinks(settings)
    const query = queryOf(links.sign('/files/chart.png', { account: 'a+b c/é' }, MINUTE_MS))
    const accepted: string[] = []
    for (let place = 0; place < query.length; place++) {
      for (let code = 33; code < 127; code++) {
        const changed = query.slice(0, place) + String.fromCharCode(code) + query.slice(place + 1)
        if (links.open('/files/chart.png', changed).state !== 'forged') accepted.push(changed)
      }
    }
    expect(new Set(accepted)).toEqual(new Set([query]))
    expect(accepted).toHaveLength(query.length)
  })

  it('carry any text unchanged', () => {
    const links = new SignedLinks(settings)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), (account) => {
        const query = queryOf(links.sign('/files/charges.csv', { account }, MINUTE_MS))
        expect(links.open('/files/charges.csv', query)).toEqual({ state: 'valid', parameters: { account } })
      }),
    )
  })
})
