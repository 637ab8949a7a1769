import { WebClient, type WebClientOptions } from '@slack/web-api'
import type { Workspaces } from './services.ts'

/** The one workspace whose token is in the settings. */
export function oneWorkspace(botToken: string, clientOptions: WebClientOptions): Workspaces {
  const client = new WebClient(botToken, clientOptions)
  return { find: async (teamId, enterpriseId) => ({ teamId, enterpriseId, installedBy: undefined, client }) }
}
