import type { Alert } from '../../src/types.ts'
import type { Address } from '../jobs/sender.ts'
import type { BotServices } from '../services.ts'

/** What alerts are delivered with. */
export type AlertServices = Pick<BotServices, 'ledger' | 'logger' | 'accountOf' | 'settings' | 'workspaces'>

/** Where an alert is shown, and to whom. */
export interface SlackPlace extends Address {
  /** Whether those who read it can grant and snooze; else it is the person whose account it is. */
  readonly areAdmins: boolean
}

/** The name of a place among an alert's messages. */
export const placeName = ({ teamId, enterpriseId, channel }: Address): string =>
  `${teamId ?? enterpriseId ?? ''}:${channel}`

/** `slack:T…` or `slack:T…:U…`; of an organisation-wide account the first part is `E…`. */
const SLACK_ACCOUNT = /^slack:([TE][A-Z0-9]+)(?::([UW][A-Z0-9]+))?$/

/**
 * Where Slack shows an alert: the admin channel of the account's workspace, else a direct message to each admin of the
 * settings, else to who installed the app there. A low balance is told to the person whose account it is, too. An
 * account that names no workspace belongs to the one of the settings.
 */
export async function slackPlaces(
  { settings, workspaces }: Pick<BotServices, 'settings' | 'workspaces'>,
  { account, kind }: Pick<Alert, 'account' | 'kind'>,
): Promise<SlackPlace[]> {
  const [, team, person] = SLACK_ACCOUNT.exec(account) ?? []
  const isOrganisation = team?.startsWith('E') === true
  const ids = {
    teamId: isOrganisation ? undefined : team,
    enterpriseId: isOrganisation ? team : undefined,
  }
  const workspace = await workspaces.find(ids.teamId, ids.enterpriseId)
  if (workspace === undefined) return []
  const admins = adminChannels(settings, workspace.installedBy)
  const places = admins.map((channel) => ({ ...ids, channel, areAdmins: true }))
  const isTold = kind === 'low_balance' && person !== undefined && !admins.includes(person)
  return isTold ? [...places, { ...ids, channel: person, areAdmins: false }] : places
}

/** Whether everybody in a workspace sees the same account, so that theirs is this one. */
export const isSharedAccount = ({ accountOf }: Pick<BotServices, 'accountOf'>, account: string): boolean => {
  const [, team, person] = SLACK_ACCOUNT.exec(account) ?? []
  return person === undefined && (team === undefined || account === accountOf(anybodyOf(team)))
}

/** No person has this id: an account that is theirs is not theirs alone. */
const anybodyOf = (team: string) => ({
  user_id: 'U0',
  ...(team.startsWith('E') ? { enterprise_id: team } : { team_id: team }),
})

function adminChannels(
  { adminChannel, admins }: BotServices['settings'],
  installedBy: string | undefined,
): readonly string[] {
  if (adminChannel !== undefined) return [adminChannel]
  if (admins.length > 0) return [...new Set(admins)]
  return installedBy === undefined ? [] : [installedBy]
}
