import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { CommandLine } from './command-line.ts'

const bare = new CommandLine(tmpdir(), {})
const withSettings = new CommandLine(tmpdir(), {
  PUBLIC_URL: 'https://credits.example.org',
  SLACK_APP_TOKEN: 'xapp-1',
})

it('prints the manifest for HTTP or Socket Mode, as the settings or the options say, without a database', async () => {
  const [printed, socket, given, ofSettings, refused] = await Promise.all([
    bare.run('slack-manifest', '--public-url', 'https://a.example'),
    bare.json('slack-manifest', '--socket-mode'),
    withSettings.json('slack-manifest', '--public-url', 'https://a.example'),
    withSettings.json('slack-manifest'),
    bare.run('slack-manifest', '--public-url', 'a.example'),
  ])
  expect(JSON.parse(printed.stdout)).toMatchObject({
    features: { slash_commands: [{ command: '/credits', url: 'https://a.example/slack/events' }] },
    settings: { socket_mode_enabled: false },
  })
  expect(socket).toMatchObject({ settings: { socket_mode_enabled: true } })
  expect(JSON.stringify(socket)).not.toContain('/slack/events')
  expect(given).toEqual(JSON.parse(printed.stdout))
  expect(ofSettings).toMatchObject({
    settings: { interactivity: { request_url: 'https://credits.example.org/slack/events' } },
  })
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('https://credits.example.com') })
})
