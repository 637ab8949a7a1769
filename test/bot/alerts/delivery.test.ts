import { describe, expect, it } from 'vitest'
import type { StoredMessage } from '../../fakes/slack.ts'
import { ACCOUNT, inScene, until } from './support/scene.ts'

const MINUTE_MS = 60_000

const actionIds = (message: StoredMessage | undefined) =>
  (message?.blocks ?? []).flatMap((block) =>
    block.type === 'actions' ? block.elements.map(({ action_id: id }) => id) : [],
  )

describe('an alert in Slack', () => {
  it.concurrent(
    'is one message, which changes as it worsens and recovers',
    inScene(async (scene) => {
      scene.start()
      const episode = await scene.begin()
      await until(() => scene.titles()[0] === 'Credit is low')
      expect(actionIds(scene.shown()[0])).toEqual(['admin_grant', 'command:usage 7d', 'alert_snooze'])

      await episode.change({ level: 2 })
      await until(() => scene.titles()[0] === 'Credit is critically low')
      await episode.change({ level: 3 })
      await until(() => scene.titles()[0] === 'Credit has run out')
      await episode.change({ isOver: true })
      await until(() => scene.titles()[0] === 'Credit has recovered')

      expect(scene.shown()).toHaveLength(1)
      expect(actionIds(scene.shown()[0])).toEqual([])
      expect(scene.shown()[0]?.options).toMatchObject({ unfurl_links: false })
    }),
  )

  it.concurrent(
    'says where the line is, also where that is moved while it is open',
    inScene(async (scene) => {
      scene.start()
      await scene.ledger.charge(ACCOUNT, { amount: '4.25', category: 'LLM' })
      const says = (words: string) => until(() => scene.shown()[0]?.text.includes(words) === true)
      await says('1 credit settled, below the alert line of 1.05 credits.')
      await scene.ledger.setAlertLine(ACCOUNT, { amount: '3' })
      await says('1 credit settled, below the alert line of 3 credits.')
      await scene.ledger.setAlertLine(ACCOUNT, { amount: '0.95' })
      await says('1 credit settled, hardly above the alert line of 0.95 credits.')
      expect(scene.shown()).toHaveLength(1)
    }),
  )

  it.concurrent(
    'is shown once, however many servers there are',
    inScene(async (scene) => {
      for (let n = 0; n < 3; n++) scene.start()
      const episodes = await Promise.all(
        ['low_balance', 'run_out', 'unpriced'].map((kind) => scene.begin({ kind })),
      )
      await until(() => scene.shown().length >= 3)
      await Promise.all(episodes.map((episode) => episode.change({ isOver: true })))
      await until(() => scene.shown().every(({ edits }) => edits > 0))
      await scene.settled()

      expect(scene.titles().toSorted()).toEqual([
        'Credit has recovered',
        'Credit no longer runs out soon',
        'No more calls without a price',
      ])
    }),
  )

  it.concurrent(
    'is found again, and not posted twice, where Slack took it and its answer was lost',
    inScene(async (scene) => {
      const { slack } = scene
      slack.fail('chat.postMessage', { lost: true })
      scene.start()
      const episode = await scene.begin()
      await until(() => scene.calls('conversations.history').length > 0)
      await episode.change({ level: 2 })
      await until(() => scene.titles()[0] === 'Credit is critically low')

      expect(scene.shown()).toHaveLength(1)
      expect(scene.calls('chat.postMessage')).toHaveLength(1)
    }),
  )

  it.concurrent(
    'waits as long as Slack asks, then shows how things are by then',
    inScene(async (scene) => {
      const { slack } = scene
      slack.fail('chat.postMessage', { status: 429, retryAfterSeconds: 2 })
      scene.start()
      const episode = await scene.begin()
      await until(() => scene.calls('chat.postMessage').length === 1)
      await episode.change({ level: 3 })
      await until(() => scene.shown().length === 1)
      await scene.settled()

      expect(scene.titles()).toEqual(['Credit has run out'])
      expect(scene.calls('chat.postMessage')).toHaveLength(2)
    }),
  )

  it.concurrent(
    'is not shown where it was over before anybody saw it',
    inScene(async (scene) => {
      const episode = await scene.begin()
      await episode.change({ isOver: true })
      await scene.begin({ kind: 'run_out' })
      scene.start()
      await until(() => scene.shown().length > 0)
      await scene.settled()

      expect(scene.titles()).toEqual(['Credit runs out soon'])
    }),
  )

  it.concurrent(
    'that somebody deleted stays deleted',
    inScene(async (scene) => {
      scene.start()
      const episode = await scene.begin()
      await until(() => scene.shown().length === 1)
      for (const message of scene.shown()) message.isDeleted = true
      await episode.change({ level: 3 })
      await until(() => scene.calls('chat.update').length === 1)
      await scene.settled()

      expect(scene.shown()).toEqual([])
      expect(scene.stacks[0]?.jobs.state().givenUp).toBe(0)
    }),
  )

  it.concurrent(
    'shows in the message of the last one when it comes back soon, unless it is critical',
    inScene(async (scene) => {
      scene.start()
      const first = await scene.begin()
      await until(() => scene.shown().length === 1)
      await first.change({ isOver: true })
      await until(() => scene.titles()[0] === 'Credit has recovered')

      const second = await scene.begin()
      await until(() => scene.titles()[0] === 'Credit is low')
      // The first one's job again: what is over no longer speaks for the message.
      await first.change({ isOver: true })
      await scene.settled()
      expect(scene.titles()).toEqual(['Credit is low'])
      await second.change({ isOver: true })
      await until(() => scene.titles()[0] === 'Credit has recovered')

      await scene.begin({ level: 2 })
      await until(() => scene.shown().length === 2)
      expect(scene.titles()).toEqual(['Credit has recovered', 'Credit is critically low'])
    }),
  )

  it.concurrent(
    'is a message of its own when somebody deleted that of the last one',
    inScene(async (scene) => {
      scene.start()
      const first = await scene.begin()
      await until(() => scene.shown().length === 1)
      await first.change({ isOver: true })
      await until(() => scene.titles()[0] === 'Credit has recovered')
      for (const message of scene.shown()) message.isDeleted = true

      const second = await scene.begin()
      await until(() => scene.titles()[0] === 'Credit is low')
      await second.change({ level: 3 })
      await until(() => scene.titles()[0] === 'Credit has run out')
      expect(scene.shown()).toHaveLength(1)
    }),
  )

  it.concurrent(
    'is a message of its own when the last one is long over',
    inScene(async (scene) => {
      scene.start()
      const first = await scene.begin({ agoMs: 90 * MINUTE_MS })
      await until(() => scene.shown().length === 1)
      await first.change({ isOver: true, agoMs: 61 * MINUTE_MS })
      await until(() => scene.titles()[0] === 'Credit has recovered')
      await scene.begin()
      await until(() => scene.shown().length === 2)

      expect(scene.titles()).toEqual(['Credit has recovered', 'Credit is low'])
    }),
  )

  it.concurrent(
    'keeps quiet while it is snoozed, but says that it is over',
    inScene(async (scene) => {
      const { ledger } = scene
      scene.start()
      const episode = await scene.begin()
      await until(() => scene.shown().length === 1)
      await ledger.snoozeAlert(ACCOUNT, episode.id, '1h', { actor: 'slack:T01:U1' })
      await episode.change({ level: 3 })
      await scene.settled()
      expect(scene.shown()[0]?.edits).toBe(0)

      await episode.change({ isOver: true })
      await until(() => scene.titles()[0] === 'Credit has recovered')
    }),
  )

  it.concurrent(
    'shows how things are when the snooze ends',
    inScene(async (scene) => {
      const { ledger } = scene
      scene.start()
      const episode = await scene.begin()
      await until(() => scene.shown().length === 1)
      await ledger.snoozeAlert(ACCOUNT, episode.id, '2s', { actor: 'slack:T01:U1' })
      await episode.change({ level: 3 })
      await until(() => scene.titles()[0] === 'Credit has run out')

      expect(scene.shown()).toHaveLength(1)
    }),
  )

  it.concurrent(
    'goes to the admins of the settings without an admin channel, else to who installed the app',
    inScene(async (scene) => {
      const first = scene.start({ settings: { admins: ['U1', 'U2'] } })
      await scene.begin()
      await until(() => scene.shown('DU1').length + scene.shown('DU2').length === 2)
      await first.stop()

      scene.start({ settings: { admins: [] } })
      await scene.begin({ kind: 'run_out' })
      await until(() => scene.shown('DU1INSTALLER').length === 1)
      await scene.settled()

      expect(['DU1', 'DU2', 'DU1INSTALLER'].map((channel) => scene.titles(channel))).toEqual([
        ['Credit is low'],
        ['Credit is low'],
        ['Credit runs out soon'],
      ])
    }),
  )

  it.concurrent(
    'tells the person whose account it is of a low balance, without what only admins may do',
    inScene(async (scene) => {
      scene.start()
      await scene.begin({}, `${ACCOUNT}:U07ABC`)
      await scene.begin({ kind: 'run_out' }, `${ACCOUNT}:U07ABC`)
      await until(() => scene.shown().length === 2 && scene.shown('DU07ABC').length === 1)
      await scene.settled()

      expect(scene.titles('DU07ABC')).toEqual(['Credit is low'])
      expect(actionIds(scene.shown('DU07ABC')[0])).toEqual(['command:usage 7d'])
      // An admin's own usage is another account's.
      expect(actionIds(scene.shown()[0])).not.toContain('command:usage 7d')
    }),
  )

  it.concurrent(
    'is given up where Slack refuses it for good, and the others are shown',
    inScene(async (scene) => {
      const { slack } = scene
      slack.fail('chat.postMessage', { error: 'is_archived' }, { of: ({ channel }) => channel === 'DU1' })
      const stack = scene.start({ settings: { admins: ['U1', 'U2'] } })
      await scene.begin()
      await until(() => stack.jobs.state().givenUp === 1 && scene.shown('DU2').length === 1)

      expect(scene.lines.filter((line) => line.includes('"reason":"is_archived"'))).toHaveLength(1)
    }),
  )
})
