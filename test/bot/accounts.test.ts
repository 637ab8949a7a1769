import { describe, expect, it } from 'vitest'
import { accountPerUser, accountPerWorkspace, fixedAccount } from '../../bot/accounts.ts'

describe('the account of a person in Slack', () => {
  it('is the workspace’s, the person’s, or a fixed one', () => {
    const person = { user_id: 'U1', team_id: 'T1', enterprise_id: 'E1' }
    expect(accountPerWorkspace(person)).toBe('slack:T1')
    expect(accountPerUser(person)).toBe('slack:T1:U1')
    expect(fixedAccount('acme')(person)).toBe('acme')
  })

  it('is the organisation’s where Slack names no workspace, and never one that all such share', () => {
    expect(accountPerWorkspace({ user_id: 'U1', enterprise_id: 'E1' })).toBe('slack:E1')
    expect(accountPerWorkspace({ user_id: 'U1', team_id: '', enterprise_id: 'E1' })).toBe('slack:E1')
    expect(() => accountPerWorkspace({ user_id: 'U1' })).toThrow('neither a workspace nor an organisation')
  })
})
