/** Who asked: the part of a Slack payload that decides on the account. */
export interface SlackPerson {
  user_id: string
  team_id?: string | undefined
  /** An org-wide installation may name the organisation only. */
  enterprise_id?: string | undefined
}

/** Which account a person in Slack sees and spends from. */
export type AccountOf = (person: SlackPerson) => string

/** One account for everyone in a workspace, `slack:T…` (the default). */
export const accountPerWorkspace: AccountOf = (person) => `slack:${workspaceOf(person)}`

/** An account for each person, `slack:T…:U…`. */
export const accountPerUser: AccountOf = (person) => `slack:${workspaceOf(person)}:${person.user_id}`

/** One account for everyone, whatever the workspace: for a bot that serves one team of one company. */
export const fixedAccount =
  (account: string): AccountOf =>
  () =>
    account

function workspaceOf(person: SlackPerson): string {
  const id = person.team_id || person.enterprise_id
  if (!id) throw new Error('The Slack payload names neither a workspace nor an organisation.')
  return id
}
