import { z } from 'zod'
import { parsePositiveAmount } from '../../src/amount.ts'
import { parseDuration } from '../../src/duration.ts'
import { checkAccount } from '../../src/validate.ts'
import { LOG_LEVELS } from '../log.ts'
import {
  encryptionKey,
  listOf,
  publicAddress,
  readableBy,
  secret,
  token,
  webAddress,
  wholeNumber,
} from './values.ts'

/** More proxies one behind the other than that are a mistake. */
const MOST_PROXIES = 10

const MOST_REQUESTS_A_MINUTE = 1_000_000

/** Every name that the server reads from the environment; `.env.example` explains them, in this order. */
export const environmentShape = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(65_535).default(3000),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  PUBLIC_URL: publicAddress().optional(),
  TRUST_PROXY: wholeNumber(MOST_PROXIES).default(0),
  RATE_LIMIT: wholeNumber(MOST_REQUESTS_A_MINUTE).default(600),
  METRICS_TOKEN: secret(16).optional(),
  DATABASE_URL: z
    .url({
      protocol: /^postgres(ql)?$/,
      error: 'must look like postgres://user:password@host:5432/database',
    })
    .optional(),

  SIGNUP_CREDITS: readableBy(parsePositiveAmount).optional(),
  SIGNUP_EXPIRES: readableBy(parseDuration).optional(),

  SLACK_SIGNING_SECRET: secret(16, 'the signing secret from "Basic Information" of the Slack app').optional(),
  SLACK_BOT_TOKEN: token(
    /^xoxb-\S+$/,
    'the bot token from "Install App", which starts with xoxb-',
  ).optional(),
  SLACK_APP_TOKEN: token(
    /^xapp-\S+$/,
    'an app-level token from "Basic Information", which starts with xapp-',
  ).optional(),
  SLACK_CLIENT_ID: token(/^\d+\.\d+$/, 'the client ID from "Basic Information"').optional(),
  SLACK_CLIENT_SECRET: secret(16, 'the client secret from "Basic Information"').optional(),
  SLACK_STATE_SECRET: secret(32).optional(),
  CREDITS_ENCRYPTION_KEY: encryptionKey().optional(),
  SLACK_API_URL: webAddress().optional(),
  CREDITS_SLACK_ACCOUNT: z.enum(['workspace', 'user']).optional(),
  CREDITS_ACCOUNT: readableBy(checkAccount).optional(),
  SLACK_ADMINS: listOf(/^[UW][A-Z0-9]+$/, "people's ids such as U0123456789").default([]),
  SLACK_ADMIN_CHANNEL: token(
    /^[CG][A-Z0-9]+$/,
    "a channel's id such as C0123456789, from the end of its details in Slack",
  ).optional(),
  ADD_CREDIT_URL: webAddress().max(3000, 'must have at most 3000 characters').optional(),
  CREDITS_LINK_SECRET: secret(32).optional(),

  ALERT_WEBHOOK_URL: webAddress().optional(),
  ALERT_WEBHOOK_SECRET: secret(32).optional(),

  STRIPE_WEBHOOK_SECRET: token(
    /^whsec_\S+$/,
    'the signing secret of the webhook endpoint, which starts with whsec_',
  ).optional(),
  STRIPE_SECRET_KEY: token(
    /^[sr]k_(test|live)_\S+$/,
    'a secret or restricted key, which starts with sk_ or rk_',
  ).optional(),
  STRIPE_CREDITS_PER_DOLLAR: readableBy(parsePositiveAmount).optional(),
  STRIPE_SUBSCRIPTION_GRACE: readableBy(parseDuration).default('3d'),
  STRIPE_API_URL: webAddress().optional(),
})

export type Environment = z.infer<typeof environmentShape>
export type SettingName = keyof Environment

export const SETTING_NAMES = Object.keys(environmentShape.shape) as SettingName[]
