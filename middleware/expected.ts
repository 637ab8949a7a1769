import { type Credits, micro } from '../src/amount.ts'
import type { MeterLedger } from '../src/meter.ts'

/** Models that are remembered; beyond, the one that was not called for longest is forgotten. */
const MODELS_MAX = 1000
/** Accounts whose history has been asked for. */
const ACCOUNTS_MAX = 10_000
/** Histories read at once: a rush of new accounts must not keep the database from the calls themselves. */
const RECALLS_MAX = 2

/** An observation counts at least this much, so that what was learned follows a change within some 30 calls. */
const LEAST_WEIGHT = 1 / 32
const DEVIATIONS = 3
/** Reserved in any case: a long row of small answers says little about the next one. */
const FLOOR = 1 / 32
/** An observation beyond is taken for this much: one call that was estimated far too low is no rule. */
const OBSERVATION_MAX = 4
/** Amounts are whole numbers, a ratio is none. */
const SCALE = 1_000_000

interface Ratio {
  mean: number
  variance: number
  observations: number
}

/**
 * What calls of each model have cost, as a part of what they could have cost at most. Calls rarely use the output
 * that they are allowed: with all of it reserved, a few running calls would lock up a small balance.
 *
 * Reserved is the mean and three deviations; the unknown part halves with each call, from the worst case at the
 * start. Costs above it are booked all the same, so an error here never loses money.
 */
export class ExpectedCosts {
  private readonly ledger: Pick<MeterLedger, 'costHistory' | 'track'>
  private readonly ratios = new Map<string, Ratio>()
  private readonly recalled = new Set<string>()
  private recalls = 0

  constructor(ledger: Pick<MeterLedger, 'costHistory' | 'track'>) {
    this.ledger = ledger
  }

  /** What to reserve for a call, in micro-credits; at least one. */
  reserve(model: string, worstCase: Credits): Credits {
    return scaled(worstCase, upperRatio(this.find(model)))
  }

  /** What a call costs on average; undefined while nothing is known of its model. */
  average(model: string, worstCase: Credits): Credits | undefined {
    const ratio = this.find(model)
    return ratio && scaled(worstCase, ratio.mean)
  }

  /** Takes in what a call has cost. An estimate teaches nothing: do not pass one. */
  learn(model: string, cost: bigint, worstCase: Credits): void {
    const observed = Math.min(Number(cost) / Number(worstCase), OBSERVATION_MAX)
    const ratio = this.find(model)
    if (!ratio) return this.remember(model, { mean: observed, variance: 0, observations: 1 })
    ratio.observations += 1
    const weight = Math.max(1 / ratio.observations, LEAST_WEIGHT)
    const difference = observed - ratio.mean
    ratio.mean += weight * difference
    ratio.variance = (1 - weight) * (ratio.variance + weight * difference ** 2)
  }

  /**
   * Reads what an account's last calls have cost, once, where nothing is known of the model that it calls: so a
   * process that has just started does not begin with worst cases. The call does not wait for it.
   */
  recall(account: string, model: string): void {
    const { ledger, recalled } = this
    if (!ledger.costHistory || this.ratios.has(model) || recalled.has(account)) return
    if (this.recalls >= RECALLS_MAX) return
    if (recalled.size >= ACCOUNTS_MAX) recalled.clear()
    recalled.add(account)
    this.recalls += 1
    const history = ledger.costHistory(account).then(
      (calls) => {
        for (const call of calls) this.learn(call.model, call.cost, call.worstCase)
      },
      // Worst cases are reserved until the calls themselves have told more.
      () => undefined,
    )
    void ledger.track(history.finally(() => (this.recalls -= 1)))
  }

  /** The most recently used are last. */
  private find(model: string): Ratio | undefined {
    const ratio = this.ratios.get(model)
    if (ratio) {
      this.ratios.delete(model)
      this.ratios.set(model, ratio)
    }
    return ratio
  }

  private remember(model: string, ratio: Ratio): void {
    this.ratios.set(model, ratio)
    if (this.ratios.size <= MODELS_MAX) return
    const [oldest] = this.ratios.keys()
    if (oldest !== undefined) this.ratios.delete(oldest)
  }
}

function upperRatio(ratio: Ratio | undefined): number {
  if (!ratio) return 1
  const learned = Math.max(ratio.mean + DEVIATIONS * Math.sqrt(ratio.variance), FLOOR)
  const unknown = 0.5 ** ratio.observations
  // A call costs more than its worst case only where that was not one: an estimate without a limit to the output.
  return Math.min(learned + unknown * Math.max(0, 1 - learned), Math.max(1, ratio.mean))
}

const scaled = (amount: Credits, ratio: number): Credits => {
  const part = (amount * BigInt(Math.round(ratio * SCALE))) / BigInt(SCALE)
  return micro(part > 0n ? part : 1n)
}

const ofLedgers = new WeakMap<MeterLedger, ExpectedCosts>()

/** What was learned is shared by all clients of a ledger. */
export function expectedCostsOf(ledger: MeterLedger): ExpectedCosts {
  const known = ofLedgers.get(ledger)
  if (known) return known
  const costs = new ExpectedCosts(ledger)
  ofLedgers.set(ledger, costs)
  return costs
}
