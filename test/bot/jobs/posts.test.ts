import { describe, expect, it, vi } from 'vitest'
import { type BotJobs, openJobs } from '../../../bot/jobs/jobs.ts'
import { Sender } from '../../../bot/jobs/sender.ts'
import { createLogger } from '../../../bot/log.ts'
import { type Call, type FakeSlack, startFakeSlack } from '../../fakes/slack.ts'
import { openTestLedger } from '../../support/ledger.ts'
import { installedEverywhere, tokenOf } from './support/workspaces.ts'

class Scene {
  readonly slack: FakeSlack
  readonly jobs: BotJobs
  readonly lines: string[]

  constructor(slack: FakeSlack, jobs: BotJobs, lines: string[]) {
    this.slack = slack
    this.jobs = jobs
    this.lines = lines
  }

  post(key: string, channel = 'C1'): Promise<void> {
    const blocks = [{ type: 'section' as const, text: { type: 'mrkdwn' as const, text: key } }]
    const message = { text: `About ${key}`, blocks }
    const sent = { key, teamId: 'T01', enterpriseId: undefined, channel, message }
    return this.jobs.postMessage(sent)
  }

  posted(channel = 'C1'): string[] {
    return this.slack.messages(channel).map(({ text }) => text)
  }

  calls(method: string): readonly Call[] {
    return this.slack.calls.all().filter((call) => call.method === method)
  }
}

/** A test on a database and a Slack of its own, so that all can run at once. */
const inScene = (play: (scene: Scene) => Promise<void>) => async () => {
  const { ledger, close } = await openTestLedger()
  const slack = await startFakeSlack()
  slack.grant(tokenOf('T01'), 'T01')
  const lines: string[] = []
  const logger = createLogger('info', { write: (line) => void lines.push(line) })
  const jobs = openJobs({ ledger, logger }, new Sender(installedEverywhere(slack.apiUrl), logger))
  jobs.start()
  try {
    await play(new Scene(slack, jobs, lines))
  } finally {
    await jobs.stop()
    await slack.close()
    await close()
  }
  expect(slack.takeViolations()).toEqual([])
}

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 20_000, interval: 20 })

describe('messages to post', () => {
  it.concurrent(
    'are posted once for each key, to people as direct messages',
    inScene(async (scene) => {
      const { slack } = scene
      await Promise.all(Array.from({ length: 10 }, () => scene.post('a')))
      await scene.post('b', 'U07ABC')
      await until(() => scene.posted('DU07ABC').length > 0)
      await scene.post('a')
      await scene.post('last', 'C2')
      await until(() => scene.posted('C2').length > 0)

      expect(scene.posted()).toEqual(['About a'])
      expect(scene.posted('DU07ABC')).toEqual(['About b'])
      expect(slack.messages('C1')[0]?.options).toMatchObject({ unfurl_links: false })
    }),
  )

  it.concurrent(
    'are not posted again where only the answer was lost',
    inScene(async (scene) => {
      const { slack } = scene
      slack.fail('chat.postMessage', { lost: true })
      await scene.post('a')
      await until(() => scene.calls('conversations.history').length > 0)
      await scene.post('last', 'C2')
      await until(() => scene.posted('C2').length > 0)

      expect(scene.posted()).toEqual(['About a'])
    }),
  )

  it.concurrent(
    'are posted after all where the call never arrived, or Slack failed',
    inScene(async (scene) => {
      const { slack } = scene
      slack.fail('chat.postMessage', { reset: true })
      await scene.post('a')
      await until(() => scene.posted().length > 0)

      expect(scene.posted()).toEqual(['About a'])
      expect(scene.calls('chat.postMessage')).toHaveLength(2)
    }),
  )

  it.concurrent(
    'wait as long as Slack asks, and ask nothing of that workspace meanwhile',
    inScene(async (scene) => {
      const { slack } = scene
      slack.fail('chat.postMessage', { status: 429, retryAfterSeconds: 3 })
      await scene.post('a')
      await until(() => scene.calls('chat.postMessage').length === 1)
      const limitedAt = performance.now()
      await scene.post('b', 'C2')
      await until(() => scene.posted().length === 1 && scene.posted('C2').length === 1)

      expect(performance.now() - limitedAt).toBeGreaterThan(2_500)
      expect(scene.calls('chat.postMessage')).toHaveLength(3)
      expect(scene.lines.filter((line) => line.includes('A job failed'))).toEqual([])
    }),
  )

  it.concurrent(
    'go to a channel one a second, so that Slack never has to refuse one',
    inScene(async (scene) => {
      const { slack } = scene
      slack.limitChannels(true)
      for (const key of ['a', 'b', 'c']) await scene.post(key)
      await until(() => scene.posted().length === 3)

      expect(scene.posted().toSorted()).toEqual(['About a', 'About b', 'About c'])
      expect(scene.calls('chat.postMessage')).toHaveLength(3)
    }),
  )

  it.concurrent(
    'are given up at once where Slack will not take them, and that is logged without their text',
    inScene(async (scene) => {
      const { slack, jobs } = scene
      slack.hideChannel('C1')
      await scene.post('a')
      await until(() => jobs.state().givenUp === 1)

      expect(scene.calls('chat.postMessage')).toHaveLength(1)
      const refusal = scene.lines.find((line) => line.includes('A job was refused, and is given up'))
      expect(refusal).toContain('"reason":"channel_not_found"')
      expect(scene.lines.join()).not.toContain('About a')
    }),
  )
})
