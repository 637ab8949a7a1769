import type { Database } from '../../db/connect.ts'
import { newId } from '../ids.ts'
import { checkOneOf, checkReason } from '../validate.ts'

/** What a caller may raise; the other kinds the ledger finds by itself. */
const RAISED_KINDS = ['unpriced'] as const
export type RaisedKind = (typeof RAISED_KINDS)[number]

/** Something that people have to look at. */
export interface AlertInput {
  kind: RaisedKind
  /** What it is about, e.g. `POST /images/generations`: there is one open alert of a kind about it. */
  subject: string
}

/** Alerts remembered as open; and how long, because somebody may resolve them in the meantime. */
const REMEMBERED_MAX = 1000
const REMEMBERED_FOR_MS = 60 * 60 * 1000
const SUBJECT_MAX = 200

/** Opens alerts, each once while it is open. They are few: what is raised again and again costs no query. */
export class Alerts {
  private readonly database: Pick<Database, 'read' | 'prepare'>
  private readonly raisedAt = new Map<string, number>()

  constructor(database: Pick<Database, 'read' | 'prepare'>) {
    this.database = database
  }

  /**
   * Opens an alert unless it is open.
   *
   * @param mention makes sure that there is such an account
   * @throws CreditsError `invalid_…`
   */
  async raise(
    account: string,
    { kind, subject }: AlertInput,
    fixedTime: Date | null,
    mention: () => Promise<unknown>,
  ): Promise<void> {
    checkOneOf(kind, RAISED_KINDS, 'invalid_type', 'alert kind')
    const about = checkReason(subject.slice(0, SUBJECT_MAX).toWellFormed())
    const alert = JSON.stringify([account, kind, about])
    const now = performance.now()
    if (now - (this.raisedAt.get(alert) ?? -Infinity) < REMEMBERED_FOR_MS) return
    if (this.raisedAt.size >= REMEMBERED_MAX) this.raisedAt.clear()
    this.raisedAt.set(alert, now)
    try {
      await mention()
      await this.insert(account, kind, about, fixedTime)
    } catch (error) {
      this.raisedAt.delete(alert)
      throw error
    }
  }

  private insert(account: string, kind: RaisedKind, subject: string, fixedTime: Date | null): Promise<void> {
    const { prepare } = this.database
    const id = newId()
    // It may be done twice, like a read: the second time finds the first one's row.
    return this.database.read(async (sql) => {
      await sql.begin('isolation level read committed', async (transaction) => {
        // Of two processes that raise it at once, the second finds the first one's: its statement begins after.
        await transaction.unsafe(
          `select pg_advisory_xact_lock(hashtextextended($1, 0))`,
          [alertLock(account)],
          {
            prepare,
          },
        )
        // The time is read by itself: tables that are spread over nodes take no clock in an update.
        const [time] = await transaction.unsafe<{ at: Date }[]>(
          `select coalesce($1::timestamptz, clock_timestamp()) as at`,
          [fixedTime?.toISOString() ?? null],
          { prepare },
        )
        if (!time) throw new Error('The time is one row.')
        const at = time.at.toISOString()
        // No news for those who show it; but a review ends what is not raised any more.
        const open = await transaction.unsafe(
          `update alerts set detail = detail || jsonb_build_object('lastRaisedAt', $4::text)
           where account_id = $1 and kind = $2 and resolved_at is null and detail ->> 'subject' = $3
           returning id`,
          [account, kind, subject, at],
          { prepare },
        )
        if (open.length > 0) return
        await transaction.unsafe(
          `insert into alerts (account_id, id, kind, detail, raised_at)
           values ($1, $2::uuid, $3, jsonb_build_object('subject', $4::text), $5::timestamptz)`,
          [account, id, kind, subject, at],
          { prepare },
        )
      })
    })
  }
}

/** Advisory locks of a database share one room: a name that nobody else is likely to hash. */
export const alertLock = (account: string): string => `agent-credits alert ${account}`
