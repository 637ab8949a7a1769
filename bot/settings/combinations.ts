import type { SettingName } from './environment.ts'

type Given = Readonly<Partial<Record<SettingName, unknown>>>

export interface Mistake {
  setting: string
  /** Follows the setting's name in a sentence. */
  message: string
}

/** What is of no use without the others. */
const NEEDS: readonly (readonly [setting: SettingName, needed: readonly SettingName[]])[] = [
  ['SIGNUP_EXPIRES', ['SIGNUP_CREDITS']],
  ['SLACK_APP_TOKEN', ['SLACK_BOT_TOKEN']],
  [
    'SLACK_CLIENT_ID',
    [
      'SLACK_CLIENT_SECRET',
      'SLACK_STATE_SECRET',
      'CREDITS_ENCRYPTION_KEY',
      'SLACK_SIGNING_SECRET',
      'PUBLIC_URL',
    ],
  ],
  ['SLACK_CLIENT_SECRET', ['SLACK_CLIENT_ID']],
  ['SLACK_STATE_SECRET', ['SLACK_CLIENT_ID']],
  ['CREDITS_LINK_SECRET', ['PUBLIC_URL']],
  ['ALERT_WEBHOOK_URL', ['ALERT_WEBHOOK_SECRET']],
  ['ALERT_WEBHOOK_SECRET', ['ALERT_WEBHOOK_URL']],
  ['STRIPE_SECRET_KEY', ['STRIPE_WEBHOOK_SECRET']],
  ['STRIPE_CREDITS_PER_DOLLAR', ['STRIPE_WEBHOOK_SECRET']],
  ['STRIPE_SUBSCRIPTION_GRACE', ['STRIPE_WEBHOOK_SECRET']],
]

/** What contradicts another. */
const EXCLUDES: readonly (readonly [setting: SettingName, other: SettingName, why: string])[] = [
  ['CREDITS_ACCOUNT', 'CREDITS_SLACK_ACCOUNT', 'set one of them'],
  ['SLACK_CLIENT_ID', 'SLACK_BOT_TOKEN', 'many workspaces install the app, or one has its token here'],
  ['SLACK_CLIENT_ID', 'SLACK_APP_TOKEN', 'Socket Mode serves one workspace'],
  ['CREDITS_ACCOUNT', 'SLACK_CLIENT_ID', 'any workspace that installs the app would spend from that account'],
]

/** What is wrong with settings that are each right for themselves. */
export const findContradictions = (given: Given): Mistake[] => [
  ...NEEDS.flatMap(([setting, needed]) => {
    const missing = given[setting] === undefined ? [] : needed.filter((name) => given[name] === undefined)
    return missing.length === 0 ? [] : [{ setting, message: `needs ${missing.join(', ')}` }]
  }),
  ...EXCLUDES.flatMap(([setting, other, why]) =>
    given[setting] === undefined || given[other] === undefined
      ? []
      : [{ setting, message: `and ${other} exclude each other: ${why}` }],
  ),
]
