import type { Installation } from '@slack/oauth'
import { z } from 'zod'

/** Where the app is installed: in a workspace, or in an organisation for all of its workspaces. */
export interface Place {
  /** Empty where there is none. */
  readonly enterpriseId: string
  /** Empty where the organisation has installed it. */
  readonly teamId: string
  readonly isEnterpriseInstall: boolean
}

/** What is kept of an installation, and sealed. */
const kept = z.object({
  botToken: z.string().min(1),
  botId: z.string().optional(),
  botUserId: z.string().optional(),
  scopes: z.array(z.string()),
  /** Where tokens rotate: what a new one is asked for with, and when this one ends, in seconds since 1970. */
  refreshToken: z.string().optional(),
  expiresAt: z.number().optional(),
})

export type Kept = z.infer<typeof kept>

export interface Installed extends Kept {
  readonly place: Place
  readonly installedBy: string
}

export const placeOf = ({ team, enterprise, isEnterpriseInstall }: Installation): Place => ({
  enterpriseId: enterprise?.id ?? '',
  teamId: isEnterpriseInstall === true ? '' : (team?.id ?? ''),
  isEnterpriseInstall: isEnterpriseInstall === true,
})

/** @throws Error where Slack gave no bot token, as happens where an app asks for no bot scopes */
export function keptOf({ bot }: Installation): Kept {
  if (bot === undefined) throw new Error('Slack gave no bot token: the app asks for no bot scopes.')
  return kept.parse({
    botToken: bot.token,
    botId: bot.id,
    botUserId: bot.userId,
    scopes: bot.scopes,
    refreshToken: bot.refreshToken,
    expiresAt: bot.expiresAt,
  })
}

export const writeKept = (installation: Kept): string => JSON.stringify(kept.parse(installation))

export const readKept = (text: string): Kept => kept.parse(JSON.parse(text))

/** Names a row, so that what is sealed for it opens in no other. */
export const nameOf = ({ enterpriseId, teamId, isEnterpriseInstall }: Place): string =>
  JSON.stringify(['slack_installations', enterpriseId, teamId, isEnterpriseInstall])
