import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../../bot/settings.ts'
import { CreditsError } from '../../src/errors.ts'

const person = { user_id: 'U1', team_id: 'T1' }
const SLACK = { SLACK_SIGNING_SECRET: '0123456789abcdef0123456789abcdef', SLACK_BOT_TOKEN: 'xoxb-1-2' }

function refusalOf(environment: NodeJS.ProcessEnv): CreditsError {
  try {
    readSettings(environment)
  } catch (error) {
    if (CreditsError.isInstance(error)) return error
    throw error
  }
  throw new Error('The settings were accepted.')
}

describe('readSettings', () => {
  it('serves on the loopback without any setting, and says what Slack needs', () => {
    expect(readSettings({})).toEqual({
      host: '127.0.0.1',
      port: 3000,
      logLevel: 'info',
      databaseUrl: undefined,
      signup: undefined,
      slack: undefined,
      missingSlackSettings: ['SLACK_SIGNING_SECRET', 'SLACK_BOT_TOKEN'],
    })
  })

  it('counts an empty setting as unset', () => {
    expect(readSettings({ PORT: '', DATABASE_URL: ' ', SLACK_BOT_TOKEN: '' })).toEqual(readSettings({}))
  })

  it('reads every setting', () => {
    const settings = readSettings({
      ...SLACK,
      HOST: '0.0.0.0',
      PORT: '8080',
      LOG_LEVEL: 'warn',
      DATABASE_URL: 'postgresql://u:p@db.internal:5432/credits',
      SLACK_API_URL: 'http://127.0.0.1:4000/api/',
      SIGNUP_CREDITS: '12.5',
      SIGNUP_EXPIRES: '30d',
    })
    expect(settings).toMatchObject({
      host: '0.0.0.0',
      port: 8080,
      logLevel: 'warn',
      databaseUrl: 'postgresql://u:p@db.internal:5432/credits',
      signup: { amount: '12.5', expiresIn: '30d' },
      slack: { botToken: 'xoxb-1-2', apiUrl: 'http://127.0.0.1:4000/api/' },
      missingSlackSettings: [],
    })
  })

  it('chooses the account of a person', () => {
    const accountWith = (environment: NodeJS.ProcessEnv) =>
      readSettings({ ...SLACK, ...environment }).slack?.accountOf(person)
    expect(accountWith({})).toBe('slack:T1')
    expect(accountWith({ CREDITS_SLACK_ACCOUNT: 'workspace' })).toBe('slack:T1')
    expect(accountWith({ CREDITS_SLACK_ACCOUNT: 'user' })).toBe('slack:T1:U1')
    expect(accountWith({ CREDITS_ACCOUNT: 'acme' })).toBe('acme')
  })

  it('names every mistake at once, and repeats no secret', () => {
    const refusal = refusalOf({
      PORT: '80a',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://root:hunter2@db/credits',
      SLACK_SIGNING_SECRET: 'hunter2',
      SLACK_BOT_TOKEN: 'xoxp-hunter2',
      SLACK_API_URL: 'slack.com',
      SIGNUP_CREDITS: '1.0000001',
      SIGNUP_EXPIRES: 'soon',
      CREDITS_ACCOUNT: 'acme',
      CREDITS_SLACK_ACCOUNT: 'user',
    })
    expect(refusal.code).toBe('invalid_setting')
    expect(refusal.data['settings']).toEqual([
      'PORT',
      'LOG_LEVEL',
      'DATABASE_URL',
      'SIGNUP_CREDITS',
      'SIGNUP_EXPIRES',
      'SLACK_SIGNING_SECRET',
      'SLACK_BOT_TOKEN',
      'SLACK_API_URL',
      'CREDITS_ACCOUNT',
    ])
    expect(refusal.message.split('\n')).toHaveLength(10)
    expect(refusal.message).not.toContain('hunter2')
    expect(refusalOf({ PORT: '65536' }).data['settings']).toEqual(['PORT'])
    expect(refusalOf({ SIGNUP_EXPIRES: '30d' }).message).toContain('SIGNUP_EXPIRES needs SIGNUP_CREDITS')
  })

  it('knows every name in .env.example, which is usable as it stands', () => {
    const example = parseEnv(readFileSync(new URL('../../.env.example', import.meta.url), 'utf8'))
    expect(readSettings(example)).toEqual(readSettings({}))
    const source = readFileSync(new URL('../../bot/settings.ts', import.meta.url), 'utf8')
    const known = [...source.matchAll(/^ {4}([A-Z_]+): /gm)].map((match) => match[1])
    expect(Object.keys(example).toSorted()).toEqual(known.toSorted())
  })
})
