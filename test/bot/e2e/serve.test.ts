import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { serve } from '../../../bot/index.ts'
import {
  APP_TOKEN,
  BOT_TOKEN,
  CLIENT_ID,
  CLIENT_SECRET,
  type FakeSlack,
  SIGNING_SECRET,
  startFakeSlack,
} from '../../fakes/slack.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { install } from '../support/installing.ts'

describe('the server with the settings of the environment', () => {
  let database: TestDatabase
  let slack: FakeSlack
  let server: Awaited<ReturnType<typeof serve>> | undefined
  beforeEach(async () => {
    database = await createTestDatabase()
    slack = await startFakeSlack()
  })
  afterEach(async () => {
    await server?.stop()
    await slack.close()
    await database.drop()
    slack.assertNoViolations()
  })

  const start = async (environment: NodeJS.ProcessEnv) => {
    server = await serve({
      DATABASE_URL: database.url,
      PORT: '0',
      LOG_LEVEL: 'silent',
      SLACK_API_URL: slack.apiUrl,
      SIGNUP_CREDITS: '7',
      ...environment,
    })
    slack.deliverTo(environment['SLACK_APP_TOKEN'] === undefined ? server.url : undefined)
    return server
  }

  it('serves one workspace over HTTP', async () => {
    await start({ SLACK_SIGNING_SECRET: SIGNING_SECRET, SLACK_BOT_TOKEN: BOT_TOKEN })
    expect((await slack.person('U1').command('/credits')).text).toContain('7 credits available')
  })

  it('serves one workspace by Socket Mode, without a public address or a secret to sign with', async () => {
    await start({ SLACK_APP_TOKEN: APP_TOKEN, SLACK_BOT_TOKEN: BOT_TOKEN })
    await slack.sockets.connected()
    expect((await slack.person('U1').command('/credits')).text).toContain('7 credits available')
  })

  it('serves any workspace that installs the app', async () => {
    const { url } = await start({
      SLACK_SIGNING_SECRET: SIGNING_SECRET,
      SLACK_CLIENT_ID: CLIENT_ID,
      SLACK_CLIENT_SECRET: CLIENT_SECRET,
      SLACK_STATE_SECRET: randomBytes(32).toString('hex'),
      CREDITS_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      PUBLIC_URL: 'https://credits.example.com',
    })
    await install({ server: { url }, slack }, 'T30')
    const ada = slack.person('U30', { team: 'T30' })
    expect((await ada.command('/credits')).text).toContain('7 credits available')
  })
})
