import { WebClient } from '@slack/web-api'
import type { Workspaces } from '../../../../bot/services.ts'

/** The token of a workspace that has installed the app. */
export const tokenOf = (team: string): string => `xoxb-${team}`

/** Workspaces that all have installed the app. */
export function installedEverywhere(apiUrl: string): Workspaces {
  return {
    find: async (teamId = 'T01', enterpriseId) => ({
      teamId,
      enterpriseId,
      installedBy: 'U1INSTALLER',
      client: new WebClient(tokenOf(teamId), {
        slackApiUrl: apiUrl,
        timeout: 2_000,
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
      }),
    }),
  }
}
