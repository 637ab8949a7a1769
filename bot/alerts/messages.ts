import type { CreditLedger } from '../../src/credits.ts'

/** An alert in a place: a channel as `team:channel`, or another receiver. */
export interface AlertPlace {
  readonly account: string
  readonly alertId: string
  readonly place: string
}

export interface AlertMessage {
  /** Slack's name of the message; null until it is known. */
  readonly ts: string | null
  /** The alert's version that it shows. */
  readonly shownVersion: number
  /** Whether somebody began to send it and has not said how that ended. */
  readonly isBegun: boolean
}

/** The right to send a message, for as long as a lease lasts. */
export interface Claim extends AlertMessage {
  readonly since: Date
}

/** What is shown where: the table `alert_messages`. */
export class AlertMessages {
  private readonly ledger: CreditLedger
  private readonly leaseSeconds: number

  /** @param leaseSeconds longer than sending may take: after that whoever had the right is gone */
  constructor(ledger: CreditLedger, leaseSeconds: number) {
    this.ledger = ledger
    this.leaseSeconds = leaseSeconds
  }

  async read(place: AlertPlace): Promise<AlertMessage | undefined> {
    const [message] = await this.query<AlertMessage>(
      `select ts, shown_version as "shownVersion", sending_since is not null as "isBegun"
       from alert_messages where account_id = $1 and alert_id = $2 and channel = $3`,
      keyOf(place),
    )
    return message
  }

  /** Takes the right to send it; undefined while another has it. `isBegun` says that an earlier one never ended. */
  async claim(place: AlertPlace): Promise<Claim | undefined> {
    // Done twice, which happens when a connection fails, the second finds the first one's claim: that waits it out.
    const [claim] = await this.query<Claim>(
      `with before as (
         select from alert_messages
         where account_id = $1 and alert_id = $2 and channel = $3 and sending_since is not null
       ), clock as (
         select clock_timestamp() as now
       )
       insert into alert_messages as message (account_id, alert_id, channel, sending_since)
       select $1, $2::uuid, $3, now from clock
       on conflict (account_id, alert_id, channel) do update set sending_since = excluded.sending_since
         where message.sending_since is null
           or message.sending_since < excluded.sending_since - make_interval(secs => $4::int)
       returning ts, shown_version as "shownVersion", sending_since as since, exists (select from before) as "isBegun"`,
      [...keyOf(place), this.leaseSeconds],
    )
    return claim
  }

  /** It shows this version now. */
  async noteShown(place: AlertPlace, ts: string, version: number): Promise<void> {
    await this.query(
      `insert into alert_messages as message (account_id, alert_id, channel, ts, shown_version)
       values ($1, $2::uuid, $3, $4, $5)
       on conflict (account_id, alert_id, channel) do update
       set ts = excluded.ts, shown_version = greatest(message.shown_version, excluded.shown_version),
         sending_since = null`,
      [...keyOf(place), ts, version],
    )
  }

  /** It is the message of an earlier alert from now on; null: one of its own after all. */
  async adopt(place: AlertPlace, ts: string | null): Promise<void> {
    await this.query(
      `update alert_messages set ts = $4 where account_id = $1 and alert_id = $2 and channel = $3`,
      [...keyOf(place), ts],
    )
  }

  /** Gives the right back. Unless it is known that nothing was sent, the next one looks for it first. */
  async giveBack(place: AlertPlace, { since }: Claim, isKnown: boolean): Promise<void> {
    await this.query(
      `update alert_messages set sending_since = $5::timestamptz
       where account_id = $1 and alert_id = $2 and channel = $3 and sending_since = $4::timestamptz`,
      [...keyOf(place), since.toISOString(), isKnown ? null : new Date(0).toISOString()],
    )
  }

  /** The message of the account's last low balance there, if that was over at most so long before this one began. */
  async lastLowBalance({ account, alertId, place }: AlertPlace, within: string): Promise<string | undefined> {
    const [last] = await this.query<{ ts: string }>(
      `select message.ts from alerts as now
       join alerts as last on last.account_id = now.account_id and last.kind = 'low_balance'
         and last.id <> now.id and last.resolved_at <= now.raised_at
         and last.resolved_at > now.raised_at - $4::interval
       join alert_messages as message on message.account_id = last.account_id and message.alert_id = last.id
         and message.channel = $3 and message.ts is not null
       where now.account_id = $1 and now.id = $2
       order by last.resolved_at desc limit 1`,
      [account, alertId, place, within],
    )
    return last?.ts
  }

  /** Whether a later alert has made the message its own. */
  async isTaken({ account, alertId, place }: AlertPlace, ts: string): Promise<boolean> {
    const [taken] = await this.query(
      `select from alert_messages where account_id = $1 and channel = $3 and ts = $4 and alert_id > $2::uuid limit 1`,
      [account, alertId, place, ts],
    )
    return taken !== undefined
  }

  /** Reads, and writes that may be done twice. */
  private query<Row extends object>(text: string, parameters: (string | number | null)[]): Promise<Row[]> {
    const { database } = this.ledger
    return database.read(async (sql) => [
      ...(await sql.unsafe<Row[]>(text, parameters, { prepare: database.prepare })),
    ])
  }
}

const keyOf = ({ account, alertId, place }: AlertPlace): string[] => [account, alertId, place]
