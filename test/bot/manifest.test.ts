import { describe, expect, it } from 'vitest'
import { slackManifest } from '../../bot/index.ts'

describe('the manifest', () => {
  it('points Slack to the server’s address', () => {
    const manifest = slackManifest({ publicUrl: 'https://credits.acme.example/', socketMode: false })
    const events = 'https://credits.acme.example/slack/events'
    expect(manifest.features.slash_commands).toMatchObject([{ url: events, should_escape: true }])
    expect(manifest.settings).toMatchObject({
      event_subscriptions: { request_url: events },
      interactivity: { request_url: events },
      socket_mode_enabled: false,
      org_deploy_enabled: true,
    })
    expect(manifest.oauth_config).toMatchObject({
      redirect_urls: ['https://credits.acme.example/slack/oauth_redirect'],
    })
  })

  it('names no address for Socket Mode', () => {
    const manifest = slackManifest({ socketMode: true })
    expect(manifest.settings).toMatchObject({ socket_mode_enabled: true, org_deploy_enabled: false })
    expect(JSON.stringify(manifest)).not.toContain('https://')
  })

  it('stays within Slack’s limits', () => {
    const { display_information: display, features } = slackManifest({ socketMode: true })
    expect(display.name.length).toBeLessThanOrEqual(35)
    expect(display.description.length).toBeLessThanOrEqual(140)
    expect(features.bot_user.display_name.length).toBeLessThanOrEqual(80)
    for (const command of features.slash_commands) {
      expect(command.description.length).toBeLessThanOrEqual(2000)
      expect(command.usage_hint.length).toBeLessThanOrEqual(1000)
    }
  })
})
