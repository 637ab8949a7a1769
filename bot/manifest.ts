import type { AppsManifestCreateArguments } from '@slack/web-api'

type Manifest = AppsManifestCreateArguments['manifest']

export interface ManifestOptions {
  /** The base of the server's address; undefined where only Socket Mode reaches it. */
  publicUrl?: string | undefined
  /** Whether Slack's requests come through a socket that the server opens. */
  socketMode: boolean
}

export const INSTALL_PATH = '/slack/install'
export const OAUTH_REDIRECT_PATH = '/slack/oauth_redirect'

/** Stands for the server's address until there is one. */
const PLACEHOLDER_URL = 'https://credits.example.com'

/** What the bot may do in a workspace, each for a reason. */
export const BOT_SCOPES = [
  // `/credits`.
  'commands',
  // Alerts, audit messages and tables, where the bot was invited to or in direct messages.
  'chat:write',
  // To tell a person's admins of alerts in a direct message.
  'im:write',
  // Time zones, and who is an admin.
  'users:read',
  // The list of charges as a file.
  'files:write',
  // After a crash, whether an alert was posted already: found by the metadata of our own messages.
  'channels:history',
  'groups:history',
  'im:history',
] as const

/**
 * The app's manifest, to be pasted at https://api.slack.com/apps.
 *
 * @example slackManifest({ publicUrl: 'https://credits.example.com', socketMode: false })
 */
export function slackManifest({ publicUrl, socketMode }: ManifestOptions) {
  const base = (publicUrl ?? PLACEHOLDER_URL).replace(/\/+$/, '')
  const requests = socketMode ? {} : { request_url: `${base}/slack/events` }
  return {
    _metadata: { major_version: 2 },
    display_information: {
      name: 'Credits',
      description: 'Prepaid credits for AI agents: balance, usage and alerts.',
      background_color: '#1d3557',
    },
    features: {
      app_home: { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: true },
      bot_user: { display_name: 'Credits', always_online: true },
      slash_commands: [
        {
          command: '/credits',
          description: 'Balance, active credits and usage',
          usage_hint: '[balance | batches | usage 7d | explain CHARGE | help]',
          // Else `<@U…>` arrives as a name that is not unique.
          should_escape: true,
          ...(socketMode ? {} : { url: `${base}/slack/events` }),
        },
      ],
    },
    oauth_config: {
      ...(socketMode ? {} : { redirect_urls: [`${base}${OAUTH_REDIRECT_PATH}`] }),
      scopes: { bot: [...BOT_SCOPES] },
    },
    settings: {
      event_subscriptions: {
        ...requests,
        bot_events: ['app_home_opened', 'app_uninstalled', 'tokens_revoked'],
      },
      interactivity: { is_enabled: true, ...requests },
      org_deploy_enabled: !socketMode,
      socket_mode_enabled: socketMode,
      token_rotation_enabled: false,
    },
  } satisfies Manifest
}
