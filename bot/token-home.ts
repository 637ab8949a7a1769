/** Whose a bot token is, as Slack tells (`auth.test`): what comes from elsewhere is none of its business. */
export interface TokenHome {
  /** Undefined where an organisation has installed the app: then all its workspaces are home. */
  readonly teamId: string | undefined
  readonly enterpriseId: string | undefined
}

interface AuthTest {
  team_id?: string | undefined
  enterprise_id?: string | null | undefined
  is_enterprise_install?: boolean | undefined
}

export const homeOfToken = (answer: AuthTest): TokenHome => ({
  teamId: answer.is_enterprise_install === true ? undefined : answer.team_id,
  enterpriseId: answer.enterprise_id ?? undefined,
})

/** Whether something comes from the token's workspace, or from another one of the same organisation. */
export const isAtHome = (
  home: TokenHome,
  { teamId, enterpriseId }: { teamId?: string | undefined; enterpriseId?: string | undefined },
): boolean =>
  (home.teamId !== undefined && teamId === home.teamId) ||
  (home.enterpriseId !== undefined && enterpriseId === home.enterpriseId)
