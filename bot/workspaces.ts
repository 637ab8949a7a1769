import type { App, Authorize } from '@slack/bolt'
import { WebClient, type WebClientOptions } from '@slack/web-api'
import type { HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Logger } from './log.ts'
import type { Workspaces } from './services.ts'
import { identify, type SlackState } from './slack-identity.ts'

/** Where the app is installed, and with which tokens it acts there. */
export interface Installations {
  readonly workspaces: Workspaces
  readonly authorize: Authorize<boolean>
  /** The pages of installation, for where any workspace may install the app. */
  readonly routes: Hono<{ Bindings: HttpBindings }> | undefined
  /** Hears of uninstallations. */
  listen(app: App): void
  state(): SlackState
  stop(): Promise<void>
}

/** The one workspace whose token is in the settings. */
export function oneInstallation(
  botToken: string,
  clientOptions: WebClientOptions,
  logger: Logger,
): Installations {
  const identity = identify(new WebClient(undefined, clientOptions), botToken, logger)
  const client = new WebClient(botToken, { ...clientOptions, retryConfig: { retries: 0 } })
  return {
    workspaces: {
      find: async (teamId, enterpriseId) => ({ teamId, enterpriseId, installedBy: undefined, client }),
    },
    authorize: async () => identity.authorization(),
    routes: undefined,
    listen: () => {},
    state: identity.state,
    stop: identity.stop,
  }
}
