import { z } from 'zod'
import { parsePositiveAmount } from '../src/amount.ts'
import { parseDuration } from '../src/duration.ts'
import { CreditsError } from '../src/errors.ts'
import { checkAccount } from '../src/validate.ts'
import { type AccountOf, accountPerUser, accountPerWorkspace, fixedAccount } from './accounts.ts'
import { LOG_LEVELS, type LogLevel } from './log.ts'

/** What the server runs with; read from the environment, whose names `.env.example` explains. */
export interface Settings {
  host: string
  port: number
  logLevel: LogLevel
  /** Undefined: an embedded PostgreSQL. */
  databaseUrl: string | undefined
  /** Free credit for each account on its first mention. */
  signup: { amount: string; expiresIn: string | undefined } | undefined
  /** Undefined while `missingSlackSettings` names something. */
  slack: { signingSecret: string; botToken: string; apiUrl: string; accountOf: AccountOf } | undefined
  missingSlackSettings: string[]
}

const environmentShape = z
  .object({
    HOST: z.string().default('127.0.0.1'),
    PORT: z
      .string()
      .regex(/^\d{1,5}$/, 'must be a whole number')
      .transform(Number)
      .pipe(z.number().max(65_535, 'must be at most 65535'))
      .default(3000),
    LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
    DATABASE_URL: z
      .url({
        protocol: /^postgres(ql)?$/,
        error: 'must look like postgres://user:password@host:5432/database',
      })
      .optional(),
    SIGNUP_CREDITS: readableBy(parsePositiveAmount).optional(),
    SIGNUP_EXPIRES: readableBy(parseDuration).optional(),
    SLACK_SIGNING_SECRET: z
      .string()
      .regex(/^\S{16,}$/, 'must be the signing secret from "Basic Information" of the Slack app')
      .optional(),
    SLACK_BOT_TOKEN: z
      .string()
      .regex(/^xoxb-\S+$/, 'must be the bot token from "Install App", which starts with xoxb-')
      .optional(),
    SLACK_API_URL: z
      .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
      .default('https://slack.com/api/'),
    CREDITS_SLACK_ACCOUNT: z.enum(['workspace', 'user']).optional(),
    CREDITS_ACCOUNT: readableBy(checkAccount).optional(),
  })
  .refine((values) => values.CREDITS_ACCOUNT === undefined || values.CREDITS_SLACK_ACCOUNT === undefined, {
    path: ['CREDITS_ACCOUNT'],
    error: 'and CREDITS_SLACK_ACCOUNT exclude each other: set one of them',
    when: () => true,
  })
  .refine((values) => values.SIGNUP_EXPIRES === undefined || values.SIGNUP_CREDITS !== undefined, {
    path: ['SIGNUP_EXPIRES'],
    error: 'needs SIGNUP_CREDITS',
    when: () => true,
  })

/**
 * Reads the settings; an empty value counts as unset.
 *
 * @throws CreditsError `invalid_setting`, naming every mistake at once, but repeating no secret
 * @example readSettings(process.env)
 */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim() !== ''))
  const parsed = environmentShape.safeParse(given)
  if (!parsed.success) throw mistakes(parsed.error)
  const values = parsed.data
  const { SLACK_SIGNING_SECRET: signingSecret, SLACK_BOT_TOKEN: botToken } = values
  return {
    host: values.HOST,
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    databaseUrl: values.DATABASE_URL,
    signup:
      values.SIGNUP_CREDITS === undefined
        ? undefined
        : { amount: values.SIGNUP_CREDITS, expiresIn: values.SIGNUP_EXPIRES },
    slack:
      signingSecret === undefined || botToken === undefined
        ? undefined
        : { signingSecret, botToken, apiUrl: values.SLACK_API_URL, accountOf: chooseAccounts(values) },
    missingSlackSettings: (['SLACK_SIGNING_SECRET', 'SLACK_BOT_TOKEN'] as const).filter(
      (name) => values[name] === undefined,
    ),
  }
}

function chooseAccounts(values: z.infer<typeof environmentShape>): AccountOf {
  if (values.CREDITS_ACCOUNT !== undefined) return fixedAccount(values.CREDITS_ACCOUNT)
  return values.CREDITS_SLACK_ACCOUNT === 'user' ? accountPerUser : accountPerWorkspace
}

/** A text that the ledger's own reader takes, with the reader's own words where it does not. */
function readableBy(read: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      read(text)
    } catch (error) {
      if (!CreditsError.isInstance(error)) throw error
      context.addIssue({ code: 'custom', message: `is not usable. ${error.message}` })
    }
  })
}

function mistakes(error: z.ZodError): CreditsError {
  const lines = error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`)
  return new CreditsError('invalid_setting', `The environment has mistakes:\n${lines.join('\n')}`, {
    settings: error.issues.map((issue) => issue.path.join('.')),
  })
}
