import { unlink } from 'node:fs/promises'
import { CreditsError } from '../errors.ts'
import { claim, findAbandoned, readJournal } from './abandoned.ts'
import type { Bookings } from './bookings.ts'
import type { Journal } from './journal.ts'
import type { PaidCall } from './paid-call.ts'

/** A successor may open the ledger before its predecessor is known to be gone. */
const LOOK_EVERY_MS = 15_000
/** Calls are taken over this many at a time, so that those of this process go on. */
const CALLS_AT_ONCE = 500

export interface TakeoverSettings {
  readonly folder: string
  readonly warn: (message: string) => void
}

/** Books what processes that are gone have left in their journals. */
export class Takeover {
  private readonly settings: TakeoverSettings
  private readonly journal: Journal
  private readonly bookings: Bookings
  private looking: Promise<void> | undefined
  private timer: NodeJS.Timeout | undefined
  private isStopped = false
  private toldFailure = ''

  constructor(settings: TakeoverSettings, journal: Journal, bookings: Bookings) {
    this.settings = settings
    this.journal = journal
    this.bookings = bookings
  }

  /** Looks now and every so often; the promise is of the first time, and never rejects. */
  start(): Promise<void> {
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS)
    this.timer.unref()
    return this.look()
  }

  /** Waits for what it has begun. */
  async stop(): Promise<void> {
    this.isStopped = true
    clearInterval(this.timer)
    await this.looking
  }

  /** Looks once; never rejects: the ledger works without. */
  look(): Promise<void> {
    this.looking ??= this.takeAll()
      .catch((error: unknown) => this.tell(error))
      .finally(() => (this.looking = undefined))
    return this.looking
  }

  private async takeAll(): Promise<void> {
    for (const path of await findAbandoned(this.settings.folder)) {
      if (this.isStopped || this.journal.isFull) return
      const taken = await claim(path)
      if (taken !== undefined) await this.take(taken)
    }
  }

  /** From one journal to the next: it is removed when the disk has what it held in ours. */
  private async take(path: string): Promise<void> {
    const reader = await readJournal(path)
    for (const line of reader.content.corrupt) this.keepCorrupt(path, line)
    const calls = reader.outstanding
    for (let at = 0; at < calls.length; at += CALLS_AT_ONCE) {
      for (const call of calls.slice(at, at + CALLS_AT_ONCE)) this.settle(call)
      await this.journal.synced()
    }
    // In memory only, they are not safe yet: this process, or another, takes them again.
    if (this.journal.isSafe) await unlink(path)
  }

  private settle(call: PaidCall): void {
    this.bookings.settle(call, {
      failed: (error, willRetry) => {
        if (willRetry) return
        const reason = CreditsError.isInstance(error) ? error.code : String(error)
        this.settings.warn(
          `What a call of ${call.account} has cost was left in a journal, and the ledger refuses it (${reason}). ` +
            `It is kept in ${this.journal.failed.path}.`,
        )
      },
    })
  }

  private keepCorrupt(path: string, line: string): void {
    const isKept = this.journal.failed.corrupt(line)
    const where = isKept ? `It is kept in ${this.journal.failed.path}.` : 'It could not be kept.'
    this.settings.warn(`A line of the journal ${path} cannot be read. ${where}`)
  }

  /** Once for each reason: it is tried again every so often. */
  private tell(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    if (reason === this.toldFailure) return
    this.toldFailure = reason
    this.settings.warn(`Journals that were left in ${this.settings.folder} cannot be taken over: ${reason}`)
  }
}
