import type postgres from 'postgres'

/** One go at a job. */
export interface Attempt<Data> {
  readonly data: Data
  /** Whether it was begun before and did not end well: what it does may have been done, all but noting it. */
  readonly isRepeated: boolean
  readonly queuedAt: Date
  /** Aborted when its time is up, or the server must stop. */
  readonly signal: AbortSignal
}

/**
 * How an attempt ended, unless it throws: then it is tried again, with growing pauses, and at last given up. `later`
 * is no failure: the job goes to the end of the line for that long. `refused` gives it up at once.
 */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'later'; readonly delayMs: number }
  | { readonly kind: 'refused'; readonly reason: string }

export const DONE: Outcome = { kind: 'done' }
export const later = (delayMs: number): Outcome => ({ kind: 'later', delayMs })
export const refused = (reason: string): Outcome => ({ kind: 'refused', reason })

/** Jobs of a kind, and who does them. */
export interface QueueSettings<Data extends object> {
  readonly name: string
  /** The most that this process does at once; even. */
  readonly atOnce: number
  /** How long one may take. Default: the runner's. */
  readonly attemptSeconds?: number
  /** Also does one without data at these times (cron, UTC), once over all servers. */
  readonly schedule?: string
  /** What of a job's data may be in the log: ids. */
  logged(data: Data): Readonly<Record<string, string | undefined>>
  work(attempt: Attempt<Data>): Promise<Outcome>
}

/** A job to be queued. */
export interface NewJob<Data extends object> {
  readonly data: Data
  /** Jobs of the same key are one, for a week after it ended. */
  readonly key?: string | undefined
  readonly delayMs?: number | undefined
}

export interface Queue<Data extends object> {
  /** Queues all or none; with `sql`, in that transaction. Waits for the jobs to be up, for a while. */
  send(jobs: readonly NewJob<Data>[], sql?: postgres.TransactionSql): Promise<void>
  /** Has this process look for jobs at once: to be called when a transaction that queued some was committed. */
  wake(): void
}

/** What is stored of a job. */
export interface StoredJob<Data extends object> {
  readonly data: Data
  /** When it was first queued, ISO 8601: what goes to the end of the line again and again ends some day. */
  readonly queuedAt: string
  readonly isRepeated: boolean
}
