import type { App } from '@slack/bolt'
import { z } from 'zod'
import type { Logger } from '../log.ts'
import type { InstallationTable } from './store.ts'
import type { InstalledWorkspaces } from './workspaces.ts'

export interface UninstalledOptions {
  table: InstallationTable
  workspaces: InstalledWorkspaces
  logger: Logger
}

/** What of an event says where and when; seconds since 1970. */
const told = z.object({
  team_id: z.string().optional(),
  enterprise_id: z.string().nullish(),
  event_time: z.number(),
})

/** Removes an installation when Slack says that its tokens are worth nothing any more. */
export function listenToUninstallations(app: App, { table, workspaces, logger }: UninstalledOptions): void {
  app.event('app_uninstalled', ({ body, context }) => remove(body, context.isEnterpriseInstall))
  app.event('tokens_revoked', async ({ event, body, context }) => {
    // People's own tokens are not ours to lose: the app asks for none.
    if ((event.tokens.bot ?? []).length > 0) await remove(body, context.isEnterpriseInstall)
  })

  async function remove(body: unknown, isEnterpriseInstall: boolean): Promise<void> {
    const { team_id: teamId = '', enterprise_id: enterpriseId, event_time: seconds } = told.parse(body)
    const place = { teamId, enterpriseId: enterpriseId ?? '', isEnterpriseInstall }
    const removed = await table.remove(place, new Date(seconds * 1000))
    workspaces.forget()
    logger.info({ ...place, removed }, 'The app was uninstalled')
  }
}
