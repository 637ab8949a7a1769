import type { CreditLedger } from '../../../../src/credits.ts'
import { newId } from '../../../../src/ids.ts'

export interface EpisodeChange {
  level?: number
  isOver?: boolean
  /** How long ago it began, or ended. */
  agoMs?: number
}

/** Writes an account's alerts as the ledger does: each change is a new version. */
export class Episode {
  readonly id = newId()
  private readonly ledger: CreditLedger
  private readonly account: string

  private constructor(ledger: CreditLedger, account: string) {
    this.ledger = ledger
    this.account = account
  }

  static async begin(
    ledger: CreditLedger,
    account: string,
    { kind = 'low_balance', level = 1, agoMs = 0 }: { kind?: string; level?: number; agoMs?: number } = {},
  ): Promise<Episode> {
    const episode = new Episode(ledger, account)
    await ledger.database.sql`
      insert into alerts (account_id, id, kind, level, detail, raised_at)
      values (${account}, ${episode.id}, ${kind}, ${level}, '{"settled":"5","line":"20","base":"100"}'::jsonb,
        ${before(agoMs)})`
    return episode
  }

  /** In one statement, so that no version is taken that lacks a part of it. */
  async change({ level, isOver, agoMs = 0 }: EpisodeChange): Promise<void> {
    await this.ledger.database.sql`
      update alerts set version = version + 1,
        level = ${isOver === true ? 0 : (level ?? 1)},
        resolved_at = ${isOver === true ? before(agoMs) : null}
      where account_id = ${this.account} and id = ${this.id}`
  }
}

const before = (agoMs: number): Date => new Date(Date.now() - agoMs)
