import { describe, expect, it } from 'vitest'
import { boltLogger, createLogger, maskSecrets } from '../../bot/log.ts'

function recordLogger() {
  const lines: string[] = []
  return { logger: createLogger('trace', { write: (line) => void lines.push(line) }), lines }
}

describe('the log', () => {
  it.each([
    ['token xoxb-12-34-aBc refused', 'token [token] refused'],
    ['xoxe.xoxp-1-Mi0yLTEtNz xapp-1-A0-b_c', '[token] [token]'],
    [
      'at postgres://credits:p@ss:w@db:5432/credits failed',
      'at postgres://credits:[password]@db:5432/credits failed',
    ],
    ['ada@example.com wrote to https://example.com/a', 'ada@example.com wrote to https://example.com/a'],
  ])('masks the secrets in %s', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked)
  })

  it('writes an error with its causes, but neither its other fields nor a secret', () => {
    const { logger, lines } = recordLogger()
    const cause = new Error('token xoxb-1-2 refused')
    const error = Object.assign(new Error('The call failed', { cause }), {
      code: 'slack_error',
      body: 'what ada wrote',
      headers: { authorization: 'Bearer hunter2' },
    })
    logger.error({ err: error }, 'Failed')
    const line = JSON.parse(lines.join('')) as Record<string, unknown>
    expect(line).toMatchObject({
      level: 'error',
      msg: 'Failed',
      err: {
        type: 'Error',
        code: 'slack_error',
        message: 'The call failed',
        cause: { message: 'token [token] refused' },
      },
    })
    expect(lines.join('')).not.toMatch(/what ada wrote|hunter2|xoxb/)
  })

  it('ends at an error that causes itself', () => {
    const { logger, lines } = recordLogger()
    const error = new Error('Round')
    error.cause = error
    logger.error({ err: error }, 'Failed')
    expect(lines).toHaveLength(1)
    expect(lines.join('').match(/"message":"Round"/g)).toHaveLength(5)
  })

  it('takes Bolt’s lines, except the debug ones, which hold payloads', () => {
    const { logger, lines } = recordLogger()
    const bolt = boltLogger(logger)
    bolt.debug({ text: 'what ada wrote' })
    bolt.warn('Refused xoxb-1-2:', new Error('invalid_auth'), { text: 'what ada wrote' })
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'Refused [token]: Error: invalid_auth object',
    ])
  })
})
