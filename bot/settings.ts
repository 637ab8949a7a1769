import type { z } from 'zod'
import { CreditsError } from '../src/errors.ts'
import { type AccountOf, accountPerUser, accountPerWorkspace, fixedAccount } from './accounts.ts'
import type { LogLevel } from './log.ts'
import type { BotSettings } from './services.ts'
import { findContradictions, type Mistake } from './settings/combinations.ts'
import { type Environment, environmentShape, type SettingName } from './settings/environment.ts'

/** What the server runs with; read from the environment, whose names `.env.example` explains. */
export interface Settings {
  host: string
  port: number
  logLevel: LogLevel
  /** The base of what others reach us at, without a slash at its end. */
  publicUrl: string | undefined
  /** How many proxies before the server tell whom they speak for. */
  trustedProxies: number
  /** For each address, of requests that are not signed; 0: any number. */
  requestsPerMinute: number
  /** What `/metrics` asks for. */
  metricsToken: string | undefined
  /** Undefined: an embedded PostgreSQL. */
  databaseUrl: string | undefined
  /** Free credit for each account on its first mention. */
  signup: { amount: string; expiresIn: string | undefined } | undefined
  bot: BotSettings
  accountOf: AccountOf
  /** Undefined while `missingSlackSettings` names something. */
  slack: SlackSettings | undefined
  missingSlackSettings: SettingName[]
  /** Undefined without a secret to sign links with: then there are none. */
  links: { baseUrl: string; secret: string } | undefined
  alertWebhook: { url: string; secret: string } | undefined
  /** Undefined: no payments. */
  stripe: StripeSettings | undefined
}

/** How Slack reaches the server: over HTTP or Socket Mode, from one workspace or those that installed the app. */
export type SlackSettings = { apiUrl: string | undefined } & (
  | { signingSecret: string; botToken: string }
  | { appToken: string; botToken: string }
  | { signingSecret: string; oauth: OAuthSettings }
)

export interface OAuthSettings {
  clientId: string
  clientSecret: string
  stateSecret: string
  encryptionKey: Buffer
  publicUrl: string
}

export interface StripeSettings {
  webhookSecret: string
  /** Without it nothing is asked: what an event does not carry is not known. */
  secretKey: string | undefined
  creditsPerDollar: string | undefined
  /** How long after its period a subscription's credit can still be spent. */
  subscriptionGrace: string
  apiUrl: string | undefined
}

/**
 * Reads the settings; an empty value counts as unset.
 *
 * @throws CreditsError `invalid_setting`, naming every mistake at once, but repeating no secret
 * @example readSettings(process.env)
 */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim() !== ''))
  const parsed = environmentShape.safeParse(given)
  const mistakes = [...findMistakes(parsed.error), ...findContradictions(given)]
  if (mistakes.length > 0 || !parsed.success) throw refuse(mistakes)
  const values = parsed.data
  return {
    host: values.HOST,
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    publicUrl: values.PUBLIC_URL,
    trustedProxies: values.TRUST_PROXY,
    requestsPerMinute: values.RATE_LIMIT,
    metricsToken: values.METRICS_TOKEN,
    databaseUrl: values.DATABASE_URL,
    signup:
      values.SIGNUP_CREDITS === undefined
        ? undefined
        : { amount: values.SIGNUP_CREDITS, expiresIn: values.SIGNUP_EXPIRES },
    bot: {
      addCreditUrl: values.ADD_CREDIT_URL,
      admins: values.SLACK_ADMINS,
      adminChannel: values.SLACK_ADMIN_CHANNEL,
    },
    accountOf: chooseAccounts(values),
    ...slackOf(values),
    links: pair(values.PUBLIC_URL, values.CREDITS_LINK_SECRET, (baseUrl, secret) => ({ baseUrl, secret })),
    alertWebhook: pair(values.ALERT_WEBHOOK_URL, values.ALERT_WEBHOOK_SECRET, (url, secret) => ({
      url,
      secret,
    })),
    stripe:
      values.STRIPE_WEBHOOK_SECRET === undefined ? undefined : stripeOf(values, values.STRIPE_WEBHOOK_SECRET),
  }
}

function chooseAccounts(values: Environment): AccountOf {
  if (values.CREDITS_ACCOUNT !== undefined) return fixedAccount(values.CREDITS_ACCOUNT)
  return values.CREDITS_SLACK_ACCOUNT === 'user' ? accountPerUser : accountPerWorkspace
}

function slackOf(values: Environment): Pick<Settings, 'slack' | 'missingSlackSettings'> {
  const { SLACK_SIGNING_SECRET: signingSecret, SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken } = values
  const apiUrl = values.SLACK_API_URL
  const oauth = oauthOf(values)
  if (oauth !== undefined && signingSecret !== undefined) {
    return { slack: { apiUrl, signingSecret, oauth }, missingSlackSettings: [] }
  }
  if (appToken !== undefined && botToken !== undefined) {
    return { slack: { apiUrl, appToken, botToken }, missingSlackSettings: [] }
  }
  return {
    slack: pair(signingSecret, botToken, (ofSignatures, ofBot) => ({
      apiUrl,
      signingSecret: ofSignatures,
      botToken: ofBot,
    })),
    missingSlackSettings: (['SLACK_SIGNING_SECRET', 'SLACK_BOT_TOKEN'] as const).filter(
      (name) => values[name] === undefined,
    ),
  }
}

/** Undefined unless all of it is there, which was checked where a part of it is. */
function oauthOf(values: Environment): OAuthSettings | undefined {
  const {
    SLACK_CLIENT_ID: clientId,
    SLACK_CLIENT_SECRET: clientSecret,
    SLACK_STATE_SECRET: stateSecret,
    CREDITS_ENCRYPTION_KEY: key,
    PUBLIC_URL: publicUrl,
  } = values
  if (clientId === undefined || clientSecret === undefined || stateSecret === undefined) return undefined
  if (key === undefined || publicUrl === undefined) return undefined
  return { clientId, clientSecret, stateSecret, encryptionKey: key, publicUrl }
}

const stripeOf = (values: Environment, webhookSecret: string): StripeSettings => ({
  webhookSecret,
  secretKey: values.STRIPE_SECRET_KEY,
  creditsPerDollar: values.STRIPE_CREDITS_PER_DOLLAR,
  subscriptionGrace: values.STRIPE_SUBSCRIPTION_GRACE,
  apiUrl: values.STRIPE_API_URL,
})

/** What two settings make together, if both are there. */
const pair = <Made>(
  first: string | undefined,
  second: string | undefined,
  make: (first: string, second: string) => Made,
): Made | undefined => (first === undefined || second === undefined ? undefined : make(first, second))

/** One of each setting: what else is wrong with it may come of the first. */
function findMistakes(error: z.ZodError | undefined): Mistake[] {
  const first = new Map<string, string>()
  for (const { path, message } of error?.issues.toReversed() ?? []) first.set(String(path[0]), message)
  return [...first].toReversed().map(([setting, message]) => ({ setting, message }))
}

function refuse(mistakes: readonly Mistake[]): CreditsError {
  const each = mistakes.map(({ setting, message }) => `${setting} ${message}`)
  return new CreditsError('invalid_setting', `The environment has mistakes: ${each.join('; ')}.`, {
    settings: mistakes.map(({ setting }) => setting),
  })
}
