import { WebClient, type WebClientOptions } from '@slack/web-api'
import type { Installed } from './installation.ts'
import type { InstallationTable } from './store.ts'
import type { TokenRotation } from './token-rotation.ts'

export interface OrganisationsOptions {
  table: InstallationTable
  rotation: TokenRotation
  clientOptions: WebClientOptions
}

/** A workspace that joins an organisation is known within that time. */
const REMEMBERED_FOR_MS = 60_000
const PAGE_LENGTH = 200
/** Larger organisations there are few, and each workspace's own requests name its organisation. */
const MOST_PAGES = 10

interface Remembered {
  readonly teams: Promise<ReadonlySet<string>>
  readonly until: number
}

/**
 * Tells which organisation's installation serves a workspace. Slack's requests name both, but what the bot begins by
 * itself, an alert about a workspace's account, knows the workspace only.
 */
export class Organisations {
  private readonly options: OrganisationsOptions
  private readonly remembered = new Map<string, Remembered>()

  constructor(options: OrganisationsOptions) {
    this.options = options
  }

  /**
   * Undefined: none does. An organisation whose token Slack refuses is no reason to leave out those after it.
   *
   * @throws what the client threw, where none is found among those that answered
   */
  async servingTeam(teamId: string): Promise<Installed | undefined> {
    const failures: unknown[] = []
    for (const organisation of await this.options.table.organisations()) {
      try {
        if ((await this.teamsOf(organisation)).has(teamId)) return organisation
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
    return undefined
  }

  private teamsOf(organisation: Installed): Promise<ReadonlySet<string>> {
    const { enterpriseId } = organisation.place
    const known = this.remembered.get(enterpriseId)
    if (known !== undefined && known.until > performance.now()) return known.teams
    const teams = this.ask(organisation)
    this.remembered.set(enterpriseId, { teams, until: performance.now() + REMEMBERED_FOR_MS })
    teams.catch(() => this.remembered.delete(enterpriseId))
    return teams
  }

  private async ask(organisation: Installed): Promise<ReadonlySet<string>> {
    const installed = await this.options.rotation.renew(organisation)
    if (installed === undefined) return new Set()
    const client = new WebClient(installed.botToken, this.options.clientOptions)
    const teams = new Set<string>()
    let cursor = ''
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer = await client.auth.teams.list({
        limit: PAGE_LENGTH,
        ...(cursor === '' ? {} : { cursor }),
      })
      for (const { id } of answer.teams ?? []) if (id !== undefined) teams.add(id)
      cursor = answer.response_metadata?.next_cursor ?? ''
      if (cursor === '') break
    }
    return teams
  }
}
