import type { Installation } from '@slack/oauth'
import type postgres from 'postgres'
import type { CreditLedger } from '../../src/credits.ts'
import {
  type Installed,
  type Kept,
  keptOf,
  nameOf,
  type Place,
  placeOf,
  readKept,
  writeKept,
} from './installation.ts'
import { seal, unseal } from './seal.ts'

interface Row {
  enterprise_id: string
  team_id: string
  is_enterprise_install: boolean
  sealed: string
  installed_by: string
}

/** Organisations that are looked through for one workspace. */
const ORGANISATIONS_MAX = 100

/** Slack's clock and the database's differ, and Slack tells whole seconds. */
const CLOCK_SKEW_SECONDS = 5

/** Installations in the table `slack_installations`, their tokens sealed. */
export class InstallationTable {
  private readonly ledger: CreditLedger
  private readonly key: Buffer

  /** @param key 32 bytes, with which tokens are encrypted */
  constructor(ledger: CreditLedger, key: Buffer) {
    this.ledger = ledger
    this.key = key
  }

  /** Keeps a new installation, which replaces the one that was there. */
  async store(installation: Installation): Promise<Place> {
    const place = placeOf(installation)
    const sealed = this.seal(place, keptOf(installation))
    const { enterpriseId, teamId, isEnterpriseInstall } = place
    await this.ledger.database.sql.begin(async (sql) => {
      await sql`
        insert into slack_installations (enterprise_id, team_id, is_enterprise_install, sealed, installed_by)
        values (${enterpriseId}, ${teamId}, ${isEnterpriseInstall}, ${sealed}, ${installation.user.id})
        on conflict (enterprise_id, team_id, is_enterprise_install) do update
        set sealed = excluded.sealed, installed_by = excluded.installed_by, installed_at = excluded.installed_at`
      // Slack forgot the homes with the last installation.
      await sql`delete from slack_homes where team_id = ${teamId === '' ? enterpriseId : teamId}`
    })
    return place
  }

  /** The workspace's own installation, else its organisation's. */
  async find(teamId: string | undefined, enterpriseId: string | undefined): Promise<Installed | undefined> {
    const rows = await this.ledger.database.read(
      (sql) => sql<Row[]>`
        select enterprise_id, team_id, is_enterprise_install, sealed, installed_by from slack_installations
        where (team_id = ${teamId ?? ''} and team_id <> '' and not is_enterprise_install)
          or (enterprise_id = ${enterpriseId ?? ''} and enterprise_id <> '' and is_enterprise_install)
        order by is_enterprise_install, installed_at desc
        limit 1`,
    )
    return rows[0] && this.read(rows[0])
  }

  /** What organisations have installed. */
  async organisations(): Promise<Installed[]> {
    const rows = await this.ledger.database.read(
      (sql) => sql<Row[]>`
        select enterprise_id, team_id, is_enterprise_install, sealed, installed_by from slack_installations
        where is_enterprise_install
        order by installed_at desc
        limit ${ORGANISATIONS_MAX}`,
    )
    return rows.map((row) => this.read(row))
  }

  /** Removes what was installed before an event of Slack; an event that comes late leaves what was installed since. */
  async remove({ teamId, enterpriseId, isEnterpriseInstall }: Place, before: Date): Promise<number> {
    const rows = await this.ledger.database.sql`
      delete from slack_installations
      where is_enterprise_install = ${isEnterpriseInstall}
        and case when is_enterprise_install then enterprise_id = ${enterpriseId} else team_id = ${teamId} end
        and installed_at < ${before.toISOString()}::timestamptz + make_interval(secs => ${CLOCK_SKEW_SECONDS})
      returning 1`
    return rows.length
  }

  /**
   * Changes an installation while nobody else does, over all servers.
   *
   * @param change what is to stand there then; undefined leaves it. It may ask Slack, so it must end in time.
   */
  async change(
    place: Place,
    change: (installed: Installed) => Promise<Kept | undefined>,
  ): Promise<Installed | undefined> {
    const { enterpriseId, teamId, isEnterpriseInstall } = place
    return this.ledger.database.sql.begin(async (sql) => {
      const [row] = await sql<Row[]>`
        select enterprise_id, team_id, is_enterprise_install, sealed, installed_by from slack_installations
        where enterprise_id = ${enterpriseId} and team_id = ${teamId}
          and is_enterprise_install = ${isEnterpriseInstall}
        for update`
      if (row === undefined) return undefined
      const installed = this.read(row)
      const changed = await change(installed)
      if (changed === undefined) return installed
      await this.reseal(sql, place, changed)
      return { ...installed, ...changed }
    })
  }

  private async reseal(sql: postgres.TransactionSql, place: Place, changed: Kept): Promise<void> {
    const { enterpriseId, teamId, isEnterpriseInstall } = place
    await sql`
      update slack_installations set sealed = ${this.seal(place, changed)}
      where enterprise_id = ${enterpriseId} and team_id = ${teamId}
        and is_enterprise_install = ${isEnterpriseInstall}`
  }

  private seal(place: Place, installation: Kept): string {
    return seal(writeKept(installation), nameOf(place), this.key)
  }

  private read(row: Row): Installed {
    const place = {
      enterpriseId: row.enterprise_id,
      teamId: row.team_id,
      isEnterpriseInstall: row.is_enterprise_install,
    }
    return { ...readKept(unseal(row.sealed, nameOf(place), this.key)), place, installedBy: row.installed_by }
  }
}
