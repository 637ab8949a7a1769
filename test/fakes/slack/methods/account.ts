import { z } from 'zod'
import { Refusal } from '../refusal.ts'
import type { Profile } from '../state.ts'
import { type Method, readArguments } from './method.ts'

const memberOf = (profile: Profile, { id, isAdmin, teams }: NonNullable<Profile['enterprise']>) => ({
  id: profile.id,
  enterprise_id: id,
  is_admin: isAdmin,
  is_owner: false,
  teams,
})

export const account: Readonly<Record<string, Method>> = {
  'auth.test': {
    run: ({ grant: { team, isEnterpriseInstall }, baseUrl }) => ({
      url: `${baseUrl}/`,
      team: team.name,
      team_id: team.id,
      user: 'credits',
      user_id: team.botUserId,
      bot_id: team.botId,
      enterprise_id: team.enterpriseId ?? null,
      is_enterprise_install: isEnterpriseInstall,
    }),
  },
  'auth.teams.list': {
    run(request) {
      const { enterpriseId } = request.grant.team
      const args = readArguments(request, {
        limit: z.coerce.number().int().min(1).max(1000).default(100),
        cursor: z.string().optional(),
      })
      const members = [...request.state.profiles.values()].filter(
        ({ teamId, enterprise }) =>
          teamId !== '' && enterprise !== undefined && enterprise.id === enterpriseId,
      )
      const teams = [...new Set(members.map(({ teamId }) => teamId))]
      const start = Number(args.cursor ?? 0)
      const next = start + args.limit
      return {
        teams: teams.slice(start, next).map((id) => ({ id, name: 'Acme' })),
        response_metadata: { next_cursor: next < teams.length ? String(next) : '' },
      }
    },
  },
  'auth.revoke': {
    run({ state, grant }) {
      for (const [token, known] of state.grants) if (known === grant) state.grants.delete(token)
      return { revoked: true }
    },
  },
  'users.info': {
    scopes: ['users:read'],
    run(request) {
      const { user } = readArguments(request, { user: z.string().min(1) })
      const profile = request.state.profiles.get(user)
      if (profile === undefined) throw new Refusal('user_not_found')
      return {
        user: {
          id: profile.id,
          team_id: profile.teamId,
          name: profile.name,
          real_name: profile.name,
          ...(profile.tz === undefined ? {} : { tz: profile.tz }),
          is_admin: profile.isAdmin,
          is_owner: profile.isOwner,
          is_bot: profile.isBot,
          is_restricted: profile.isGuest,
          is_ultra_restricted: false,
          deleted: profile.isDeleted,
          ...(profile.isStranger ? { is_stranger: true } : {}),
          ...(profile.enterprise === undefined
            ? {}
            : { enterprise_user: memberOf(profile, profile.enterprise) }),
        },
      }
    },
  },
}
