import type { WebClientOptions } from '@slack/web-api'
import type { CreditLedger } from '../../src/credits.ts'
import type { Logger } from '../log.ts'
import type { OAuthSettings } from '../settings.ts'
import type { Installations } from '../workspaces.ts'
import { installRoutes } from './routes.ts'
import { Organisations } from './organisations.ts'
import { InstallationTable } from './store.ts'
import { TokenRotation } from './token-rotation.ts'
import { listenToUninstallations } from './uninstalled.ts'
import { InstalledWorkspaces } from './workspaces.ts'

/** Whatever workspaces and organisations install the app, kept in the ledger's database. */
export function manyInstallations(
  oauth: OAuthSettings,
  clientOptions: WebClientOptions,
  ledger: CreditLedger,
  logger: Logger,
): Installations {
  const table = new InstallationTable(ledger, oauth.encryptionKey)
  const rotation = new TokenRotation({ ...oauth, clientOptions, table, logger })
  const organisations = new Organisations({ table, rotation, clientOptions })
  const workspaces = new InstalledWorkspaces({ table, rotation, organisations, clientOptions })
  return {
    workspaces,
    authorize: ({ teamId, enterpriseId }) => workspaces.authorize(teamId, enterpriseId),
    routes: installRoutes({ ...oauth, clientOptions, table, workspaces, logger }),
    listen: (app) => listenToUninstallations(app, { table, workspaces, logger }),
    state: () => ({ status: 'installable' }),
    stop: async () => {},
  }
}
