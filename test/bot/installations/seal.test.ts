import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { seal, unseal } from '../../../bot/installations/seal.ts'

const KEY = randomBytes(32)

describe('what is sealed', () => {
  it('is read again with the key, for the same place', () => {
    const sealed = seal('xoxb-secret ✓', 'row 1', KEY)
    expect(sealed).not.toContain('secret')
    expect(unseal(sealed, 'row 1', KEY)).toBe('xoxb-secret ✓')
    expect(seal('xoxb-secret ✓', 'row 1', KEY)).not.toBe(sealed)
  })

  it.each<[string, (sealed: string) => Parameters<typeof unseal>]>([
    ['with another key', (sealed) => [sealed, 'row 1', randomBytes(32)]],
    ['for another place', (sealed) => [sealed, 'row 2', KEY]],
    ['once changed', (sealed) => [changeLastByte(sealed), 'row 1', KEY]],
    ['cut off', (sealed) => [sealed.slice(0, 20), 'row 1', KEY]],
    ['of a version unknown', (sealed) => [sealed.replace('v1.', 'v2.'), 'row 1', KEY]],
    ['not sealed', () => ['xoxb-secret', 'row 1', KEY]],
  ])('is refused %s', (_, change) => {
    expect(() => unseal(...change(seal('xoxb-secret', 'row 1', KEY)))).toThrow(
      'Not what was sealed with CREDITS_ENCRYPTION_KEY',
    )
  })
})

function changeLastByte(sealed: string): string {
  const bytes = Buffer.from(sealed.slice('v1.'.length), 'base64')
  const lastAt = bytes.length - 1
  bytes.writeUInt8(255 - bytes.readUInt8(lastAt), lastAt)
  return `v1.${bytes.toString('base64')}`
}
