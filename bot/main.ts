import { openCredits } from '../src/index.ts'
import type { SlackOptions } from './app.ts'
import { createLogger } from './log.ts'
import { createServer } from './server.ts'
import { readSettings, type Settings } from './settings.ts'

/**
 * Starts the server with the settings of the environment. `stop()` takes no new requests, finishes the running
 * ones and closes the ledger; the caller decides on which signals.
 *
 * @throws CreditsError `invalid_setting`, naming every mistake; or why the database cannot be used
 */
export async function serve(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<{ url: string; stop(): Promise<void> }> {
  const settings = readSettings(environment)
  const logger = createLogger(settings.logLevel)
  const ledger = await openCredits({ url: settings.databaseUrl, signup: settings.signup })
  const server = await createServer({ ...settings, slack: slackOf(settings), ledger, logger }).catch(
    async (error: unknown) => {
      await ledger.close()
      throw error
    },
  )
  let stopping: Promise<void> | undefined
  return { url: server.url, stop: () => (stopping ??= stopBoth()) }

  async function stopBoth(): Promise<void> {
    try {
      await server.stop()
    } finally {
      await ledger.close()
    }
  }
}

const slackOf = ({ slack, bot, accountOf }: Settings): SlackOptions | undefined =>
  slack && { ...slack, accountOf, settings: bot }
