import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { InstallProvider } from '@slack/oauth'
import type { WebClientOptions } from '@slack/web-api'
import { Hono } from 'hono'
import { boltLogger, type Logger } from '../log.ts'
import { BOT_SCOPES, INSTALL_PATH, OAUTH_REDIRECT_PATH } from '../manifest.ts'
import type { InstallationTable } from './store.ts'
import type { InstalledWorkspaces } from './workspaces.ts'

export interface InstallRoutesOptions {
  clientId: string
  clientSecret: string
  /** Signs what makes sure that who comes back from Slack is who was sent there. */
  stateSecret: string
  /** The base of the server's address. */
  publicUrl: string
  clientOptions: WebClientOptions
  table: InstallationTable
  workspaces: InstalledWorkspaces
  logger: Logger
}

type NodeEnvironment = { Bindings: HttpBindings }

/** `/slack/install`, which sends people to Slack, and `/slack/oauth_redirect`, where Slack sends them back. */
export function installRoutes(options: InstallRoutesOptions): Hono<NodeEnvironment> {
  const { clientId, clientSecret, stateSecret, publicUrl, clientOptions, logger } = options
  const provider = new InstallProvider({
    clientId,
    clientSecret,
    stateSecret,
    directInstall: true,
    logger: boltLogger(logger),
    clientOptions,
    installUrlOptions: { scopes: [...BOT_SCOPES], redirectUri: `${publicUrl}${OAUTH_REDIRECT_PATH}` },
    installationStore: storeIn(options),
  })
  const app = new Hono<NodeEnvironment>()
  app.get(INSTALL_PATH, async (c) => {
    await provider.handleInstallPath(c.env.incoming, c.env.outgoing)
    return RESPONSE_ALREADY_SENT
  })
  app.get(OAUTH_REDIRECT_PATH, async (c) => {
    await provider.handleCallback(c.env.incoming, c.env.outgoing)
    return RESPONSE_ALREADY_SENT
  })
  return app
}

/** Only storing: requests are authorized by `InstalledWorkspaces`, which renews tokens one at a time. */
function storeIn({ table, workspaces, logger }: InstallRoutesOptions) {
  const notHere = () => Promise.reject(new Error('Installations are read by InstalledWorkspaces only.'))
  return {
    storeInstallation: async (installation: Parameters<InstallationTable['store']>[0]) => {
      const place = await table.store(installation)
      workspaces.forget()
      logger.info({ ...place, installedBy: installation.user.id }, 'The app was installed')
    },
    fetchInstallation: notHere,
    deleteInstallation: notHere,
  }
}
