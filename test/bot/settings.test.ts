import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { accountPerWorkspace } from '../../bot/accounts.ts'
import { readSettings } from '../../bot/settings.ts'
import { SETTING_NAMES } from '../../bot/settings/environment.ts'
import { CreditsError } from '../../src/errors.ts'

const person = { user_id: 'U1', team_id: 'T1' }
const SECRET = '0123456789abcdef0123456789abcdef'
const SLACK = { SLACK_SIGNING_SECRET: SECRET, SLACK_BOT_TOKEN: 'xoxb-1-2' }
const OAUTH = {
  SLACK_CLIENT_ID: '12.34',
  SLACK_CLIENT_SECRET: SECRET,
  SLACK_STATE_SECRET: SECRET,
  CREDITS_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
  SLACK_SIGNING_SECRET: SECRET,
  PUBLIC_URL: 'https://credits.example.com',
}

/** Each of them wrong by itself, in the order of `.env.example`. */
const MISTAKEN = {
  PORT: '80a',
  LOG_LEVEL: 'loud',
  PUBLIC_URL: 'credits.example.com',
  TRUST_PROXY: 'yes',
  RATE_LIMIT: '-1',
  METRICS_TOKEN: 'hunter2',
  DATABASE_URL: 'mysql://root:hunter2@db/credits',
  SIGNUP_CREDITS: '1.0000001',
  SIGNUP_EXPIRES: 'soon',
  SLACK_SIGNING_SECRET: 'hunter2',
  SLACK_BOT_TOKEN: 'xoxp-hunter2',
  SLACK_APP_TOKEN: 'xoxb-hunter2',
  SLACK_API_URL: 'slack.com',
  CREDITS_SLACK_ACCOUNT: 'team',
  SLACK_ADMINS: 'ada',
  SLACK_ADMIN_CHANNEL: '#credits',
  ADD_CREDIT_URL: 'shop',
  CREDITS_LINK_SECRET: 'hunter2',
  ALERT_WEBHOOK_URL: 'ftp://hunter2',
  ALERT_WEBHOOK_SECRET: 'hunter2',
  STRIPE_WEBHOOK_SECRET: 'hunter2',
  STRIPE_SECRET_KEY: 'hunter2',
  STRIPE_CREDITS_PER_DOLLAR: '0',
  STRIPE_SUBSCRIPTION_GRACE: 'a while',
  STRIPE_API_URL: 'hunter2',
}

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
      publicUrl: undefined,
      trustedProxies: 0,
      requestsPerMinute: 600,
      metricsToken: undefined,
      databaseUrl: undefined,
      signup: undefined,
      bot: { addCreditUrl: undefined, admins: [], adminChannel: undefined },
      accountOf: accountPerWorkspace,
      slack: undefined,
      missingSlackSettings: ['SLACK_SIGNING_SECRET', 'SLACK_BOT_TOKEN'],
      links: undefined,
      alertWebhook: undefined,
      stripe: undefined,
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
      PUBLIC_URL: 'https://credits.example.com/bot/',
      TRUST_PROXY: '1',
      RATE_LIMIT: '0',
      METRICS_TOKEN: SECRET,
      DATABASE_URL: 'postgresql://u:p@db.internal:5432/credits',
      SLACK_API_URL: 'http://127.0.0.1:4000/api/',
      SIGNUP_CREDITS: '12.5',
      SIGNUP_EXPIRES: '30d',
      SLACK_ADMINS: 'U1, W2,',
      SLACK_ADMIN_CHANNEL: 'C1',
      ADD_CREDIT_URL: 'https://shop.example.com/credits',
      CREDITS_LINK_SECRET: SECRET,
      ALERT_WEBHOOK_URL: 'https://hooks.example.com/credits?team=1',
      ALERT_WEBHOOK_SECRET: SECRET,
      STRIPE_WEBHOOK_SECRET: 'whsec_1',
      STRIPE_SECRET_KEY: 'rk_test_1',
      STRIPE_CREDITS_PER_DOLLAR: '100',
      STRIPE_SUBSCRIPTION_GRACE: '5d',
      STRIPE_API_URL: 'http://127.0.0.1:4001',
    })
    expect(settings).toEqual({
      host: '0.0.0.0',
      port: 8080,
      logLevel: 'warn',
      publicUrl: 'https://credits.example.com/bot',
      trustedProxies: 1,
      requestsPerMinute: 0,
      metricsToken: SECRET,
      databaseUrl: 'postgresql://u:p@db.internal:5432/credits',
      signup: { amount: '12.5', expiresIn: '30d' },
      bot: { addCreditUrl: 'https://shop.example.com/credits', admins: ['U1', 'W2'], adminChannel: 'C1' },
      accountOf: accountPerWorkspace,
      slack: {
        apiUrl: 'http://127.0.0.1:4000/api/',
        signingSecret: SLACK.SLACK_SIGNING_SECRET,
        botToken: 'xoxb-1-2',
      },
      missingSlackSettings: [],
      links: { baseUrl: 'https://credits.example.com/bot', secret: SECRET },
      alertWebhook: { url: 'https://hooks.example.com/credits?team=1', secret: SECRET },
      stripe: {
        webhookSecret: 'whsec_1',
        secretKey: 'rk_test_1',
        creditsPerDollar: '100',
        subscriptionGrace: '5d',
        apiUrl: 'http://127.0.0.1:4001',
      },
    })
  })

  it('connects to Slack by Socket Mode where there is an app token, which needs no signing secret', () => {
    const given = { SLACK_APP_TOKEN: 'xapp-1', SLACK_BOT_TOKEN: 'xoxb-1-2' }
    const expected = { slack: { appToken: 'xapp-1', botToken: 'xoxb-1-2' }, missingSlackSettings: [] }
    expect(readSettings(given)).toMatchObject(expected)
    expect(readSettings({ ...given, ...SLACK })).toMatchObject(expected)
  })

  it('lets many workspaces install the app where there is a client id', () => {
    expect(readSettings(OAUTH)).toMatchObject({
      slack: {
        signingSecret: SLACK.SLACK_SIGNING_SECRET,
        oauth: {
          clientId: '12.34',
          clientSecret: SECRET,
          stateSecret: SECRET,
          encryptionKey: Buffer.alloc(32, 7),
          publicUrl: 'https://credits.example.com',
        },
      },
      missingSlackSettings: [],
    })
  })

  it('chooses the account of a person', () => {
    const accountWith = (environment: NodeJS.ProcessEnv) => readSettings(environment).accountOf(person)
    expect(accountWith({})).toBe('slack:T1')
    expect(accountWith({ CREDITS_SLACK_ACCOUNT: 'workspace' })).toBe('slack:T1')
    expect(accountWith({ CREDITS_SLACK_ACCOUNT: 'user' })).toBe('slack:T1:U1')
    expect(accountWith({ CREDITS_ACCOUNT: 'acme' })).toBe('acme')
  })

  it('names every mistake at once, and repeats no secret', () => {
    const refusal = refusalOf({ ...MISTAKEN, CREDITS_ACCOUNT: 'acme' })
    expect(refusal.code).toBe('invalid_setting')
    expect(refusal.data['settings']).toEqual([...Object.keys(MISTAKEN), 'CREDITS_ACCOUNT'])
    expect(refusal.message.split('; ')).toHaveLength(Object.keys(MISTAKEN).length + 1)
    expect(refusal.message).not.toContain('\n')
    expect(refusal.message).not.toContain('hunter2')
    expect(refusalOf({ PORT: '65536' }).data['settings']).toEqual(['PORT'])
  })

  it.each<[NodeJS.ProcessEnv, string]>([
    [{ SIGNUP_EXPIRES: '30d' }, 'SIGNUP_EXPIRES needs SIGNUP_CREDITS'],
    [{ SLACK_APP_TOKEN: 'xapp-1' }, 'SLACK_APP_TOKEN needs SLACK_BOT_TOKEN'],
    [
      { SLACK_CLIENT_ID: '12.34' },
      'SLACK_CLIENT_ID needs SLACK_CLIENT_SECRET, SLACK_STATE_SECRET, CREDITS_ENCRYPTION_KEY, SLACK_SIGNING_SECRET, PUBLIC_URL',
    ],
    [{ SLACK_CLIENT_SECRET: SECRET }, 'SLACK_CLIENT_SECRET needs SLACK_CLIENT_ID'],
    [{ SLACK_STATE_SECRET: SECRET }, 'SLACK_STATE_SECRET needs SLACK_CLIENT_ID'],
    [{ ...OAUTH, SLACK_BOT_TOKEN: 'xoxb-1' }, 'SLACK_CLIENT_ID and SLACK_BOT_TOKEN exclude each other'],
    [{ ...OAUTH, SLACK_APP_TOKEN: 'xapp-1' }, 'SLACK_CLIENT_ID and SLACK_APP_TOKEN exclude each other'],
    [{ ...OAUTH, CREDITS_ACCOUNT: 'acme' }, 'CREDITS_ACCOUNT and SLACK_CLIENT_ID exclude each other'],
    [
      { CREDITS_ACCOUNT: 'acme', CREDITS_SLACK_ACCOUNT: 'user' },
      'CREDITS_ACCOUNT and CREDITS_SLACK_ACCOUNT exclude each other',
    ],
    [{ CREDITS_LINK_SECRET: SECRET }, 'CREDITS_LINK_SECRET needs PUBLIC_URL'],
    [{ ALERT_WEBHOOK_URL: 'https://x.example' }, 'ALERT_WEBHOOK_URL needs ALERT_WEBHOOK_SECRET'],
    [{ ALERT_WEBHOOK_SECRET: SECRET }, 'ALERT_WEBHOOK_SECRET needs ALERT_WEBHOOK_URL'],
    [{ STRIPE_SECRET_KEY: 'sk_test_1' }, 'STRIPE_SECRET_KEY needs STRIPE_WEBHOOK_SECRET'],
    [{ STRIPE_CREDITS_PER_DOLLAR: '1' }, 'STRIPE_CREDITS_PER_DOLLAR needs STRIPE_WEBHOOK_SECRET'],
    [{ STRIPE_SUBSCRIPTION_GRACE: '3d' }, 'STRIPE_SUBSCRIPTION_GRACE needs STRIPE_WEBHOOK_SECRET'],
    [{ PUBLIC_URL: 'http://credits.example.com' }, 'PUBLIC_URL must begin with https://'],
    [{ PUBLIC_URL: 'https://credits.example.com?x=1' }, 'PUBLIC_URL must be a URL without a query'],
    [
      { ...OAUTH, CREDITS_ENCRYPTION_KEY: Buffer.alloc(31).toString('base64') },
      'CREDITS_ENCRYPTION_KEY must be 32 bytes',
    ],
  ])('refuses %j', (environment, message) => {
    const mistakes = refusalOf(environment).message.replace('The environment has mistakes: ', '').split('; ')
    expect(mistakes.some((mistake) => mistake.startsWith(message))).toBe(true)
  })

  it('takes a public address of this machine without encryption', () => {
    expect(readSettings({ PUBLIC_URL: 'http://127.0.0.1:3000' }).publicUrl).toBe('http://127.0.0.1:3000')
  })

  it('is explained name by name in .env.example, which is usable as it stands', () => {
    const example = parseEnv(readFileSync(new URL('../../.env.example', import.meta.url), 'utf8'))
    expect(readSettings(example)).toEqual(readSettings({}))
    expect(Object.keys(example).toSorted()).toEqual(SETTING_NAMES.toSorted())
  })
})
