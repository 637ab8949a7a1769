/** How much is measured. */
export interface Scale {
  readonly rounds: number
  readonly calls: number
  readonly manyAccounts: number
  /** Calls on one account, for growth and memory. */
  readonly entries: number
  readonly fewEntries: number
  readonly spentBatches: number
  readonly latencyRounds: number
  /** Of 50 people who type `/credits` at once. */
  readonly slackRounds: number
  /** Long streams, for their speed. */
  readonly streamRounds: number
  /** Short streams, for memory. */
  readonly streams: number
}

export const FULL: Scale = {
  rounds: 3,
  calls: 80_000,
  manyAccounts: 100_000,
  entries: 1_000_000,
  fewEntries: 1_000,
  spentBatches: 10_000,
  latencyRounds: 2_000,
  slackRounds: 40,
  streamRounds: 200,
  streams: 100_000,
}

/** Shows that the bench works; its figures mean nothing. */
export const SMOKE: Scale = {
  rounds: 1,
  calls: 2_000,
  manyAccounts: 2_000,
  entries: 5_000,
  fewEntries: 500,
  spentBatches: 200,
  latencyRounds: 50,
  slackRounds: 2,
  streamRounds: 5,
  streams: 500,
}
