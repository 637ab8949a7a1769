import type { AuthorizeResult } from '@slack/bolt'
import { WebClient, type WebClientOptions } from '@slack/web-api'
import { NotInstalled } from '../not-installed.ts'
import type { Workspace, Workspaces } from '../services.ts'
import type { Installed } from './installation.ts'
import type { Organisations } from './organisations.ts'
import type { InstallationTable } from './store.ts'
import type { TokenRotation } from './token-rotation.ts'

export interface InstalledWorkspacesOptions {
  table: InstallationTable
  rotation: TokenRotation
  organisations: Organisations
  clientOptions: WebClientOptions
}

/** Another server's uninstallation is noticed after that; Slack refuses the token at once. */
const REMEMBERED_FOR_MS = 60_000
const REMEMBERED_MAX = 1_000

interface Remembered {
  readonly installed: Installed
  readonly client: WebClient
  readonly until: number
}

/** The workspaces that have installed the app. */
export class InstalledWorkspaces implements Workspaces {
  private readonly options: InstalledWorkspacesOptions
  private readonly remembered = new Map<string, Remembered>()
  /** Grows with `forget`: what was read before it is not remembered after it. */
  private forgotten = 0

  constructor(options: InstalledWorkspacesOptions) {
    this.options = options
  }

  async find(teamId: string | undefined, enterpriseId?: string): Promise<Workspace | undefined> {
    const known = await this.look(teamId, enterpriseId)
    if (known === undefined) return undefined
    return { teamId, enterpriseId, installedBy: known.installed.installedBy, client: known.client }
  }

  /**
   * What Bolt is to know of the bot where a request came from.
   *
   * @throws NotInstalled
   */
  async authorize(teamId: string | undefined, enterpriseId: string | undefined): Promise<AuthorizeResult> {
    const known = await this.look(teamId, enterpriseId)
    if (known === undefined) throw new NotInstalled()
    const { botToken, botId, botUserId } = known.installed
    return {
      botToken,
      ...(botId === undefined ? {} : { botId }),
      ...(botUserId === undefined ? {} : { botUserId }),
      ...(teamId === undefined ? {} : { teamId }),
      ...(enterpriseId === undefined ? {} : { enterpriseId }),
    }
  }

  /** To be called when something was installed or removed. */
  forget(): void {
    this.remembered.clear()
    this.forgotten += 1
  }

  private async look(
    teamId: string | undefined,
    enterpriseId: string | undefined,
  ): Promise<Remembered | undefined> {
    const name = `${enterpriseId ?? ''}/${teamId ?? ''}`
    const known = this.remembered.get(name)
    if (known !== undefined && known.until > performance.now()) return known
    const { forgotten } = this
    const found =
      (await this.options.table.find(teamId, enterpriseId)) ?? (await this.serving(teamId, enterpriseId))
    const installed = found && (await this.options.rotation.renew(found))
    if (installed === undefined) return undefined
    const looked = {
      installed,
      client: this.clientOf(installed, teamId),
      until: performance.now() + REMEMBERED_FOR_MS,
    }
    if (this.remembered.size >= REMEMBERED_MAX) this.remembered.clear()
    if (forgotten === this.forgotten) this.remembered.set(name, looked)
    return looked
  }

  /** The organisation's installation for a workspace of which nobody told the organisation. */
  private async serving(
    teamId: string | undefined,
    enterpriseId: string | undefined,
  ): Promise<Installed | undefined> {
    if (teamId === undefined || enterpriseId !== undefined) return undefined
    return this.options.organisations.servingTeam(teamId)
  }

  /** An organisation's token needs to be told for which of its workspaces it acts. */
  private clientOf({ botToken, place }: Installed, teamId: string | undefined): WebClient {
    return new WebClient(botToken, {
      ...this.options.clientOptions,
      retryConfig: { retries: 0 },
      ...(place.isEnterpriseInstall && teamId !== undefined ? { teamId } : {}),
    })
  }
}
