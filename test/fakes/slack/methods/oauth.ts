import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { Refusal } from '../refusal.ts'
import type { Approval, State } from '../state.ts'
import { type Method, readArguments } from './method.ts'

export const CLIENT_ID = '1111.2222'
export const CLIENT_SECRET = 'c1ient-secret-of-the-fake'

/** How long a token lasts where tokens rotate. */
const TOKEN_LIFETIME_SECONDS = 43_200

export const oauth: Readonly<Record<string, Method>> = {
  'oauth.v2.access': {
    token: 'none',
    run(request) {
      const { state } = request
      const args = readArguments(request, {
        client_id: z.string(),
        client_secret: z.string(),
        code: z.string().optional(),
        redirect_uri: z.string().optional(),
        grant_type: z.string().optional(),
        refresh_token: z.string().optional(),
      })
      if (args.client_id !== CLIENT_ID) throw new Refusal('invalid_client_id')
      if (args.client_secret !== CLIENT_SECRET) throw new Refusal('bad_client_secret')
      return args.grant_type === 'refresh_token'
        ? refresh(state, args.refresh_token ?? '')
        : exchange(state, args.code ?? '')
    },
  },
  'apps.connections.open': {
    token: 'app',
    run: ({ baseUrl }) => ({ url: `${baseUrl.replace(/^http/, 'ws')}/link?ticket=${randomUUID()}` }),
  },
}

function exchange(state: State, code: string) {
  const approval = state.approvals.get(code)
  if (approval === undefined) throw new Refusal('invalid_code')
  state.approvals.delete(code)
  return answer(state, approval)
}

/** A refresh token is good for one use; who uses it twice has lost the new one. */
function refresh(state: State, token: string) {
  const approval = state.refreshTokens.get(token)
  if (approval === undefined) throw new Refusal('invalid_refresh_token')
  state.refreshTokens.delete(token)
  return answer(state, approval)
}

function answer(state: State, approval: Approval) {
  const { team, isEnterpriseInstall, scopes, userId, rotates } = approval
  const token = `xox${rotates ? 'e.xoxb' : 'b'}-${randomUUID()}`
  state.grants.set(token, { team, isEnterpriseInstall, scopes })
  const rotation = rotates
    ? { refresh_token: `xoxe-1-${randomUUID()}`, expires_in: TOKEN_LIFETIME_SECONDS }
    : {}
  if (rotation.refresh_token !== undefined) state.refreshTokens.set(rotation.refresh_token, approval)
  return {
    access_token: token,
    token_type: 'bot',
    scope: [...scopes].join(','),
    bot_user_id: team.botUserId,
    app_id: 'A1',
    team: isEnterpriseInstall ? null : { id: team.id, name: team.name },
    enterprise: team.enterpriseId === undefined ? null : { id: team.enterpriseId, name: 'Acme Holding' },
    is_enterprise_install: isEnterpriseInstall,
    authed_user: { id: userId },
    ...rotation,
  }
}
