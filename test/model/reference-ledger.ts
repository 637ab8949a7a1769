import { micro, type Credits } from '../../src/amount.ts'
import type { CreditsErrorCode } from '../../src/errors.ts'
import type { AlertLine, Balance, Batch, UsageDimension, UsageRow } from '../../src/types.ts'
import { acceptAlertLine, alertLine, moveLevel, rebase, setAlertLine } from './alert-line.ts'
import { addBatch, expiryAfter, extendBatch, grant, sweep, voidBatch } from './grants.ts'
import { authorize, bookPaid, capture, charge, extend, release } from './holds.ts'
import { checkInvariants } from './invariants.ts'
import { canonical, type Operation } from './operation.ts'
import { balance, batches, usage } from './reads.ts'
import { Refusal } from './refusal.ts'
import { refund } from './refunds.ts'
import { emptyAccount, isLapsed, type ModelAccount, sum } from './state.ts'

/** How an operation ended. */
export type Outcome =
  | { answer: unknown; refusal?: undefined }
  | { answer?: undefined; refusal: { code: CreditsErrorCode; data: Readonly<Record<string, unknown>> } }

export interface Signup {
  amount: Credits
  expiresIn: number
}

/**
 * The rules of credit as slow, plain code in memory, written from the rules and not from the ledger: what the
 * ledger answers must be what this answers. It makes no ids; it is told those of the ledger's answer.
 *
 * @example
 * const model = new ReferenceLedger()
 * model.apply({ kind: 'grant', account: 'acme', input: { type: 'free', amount } }, now, [batch.id])
 */
export class ReferenceLedger {
  private readonly signup: Signup | undefined
  private readonly accounts: Map<string, ModelAccount>

  constructor(signup?: Signup, accounts = new Map<string, ModelAccount>()) {
    this.signup = signup
    this.accounts = accounts
  }

  /** A ledger of its own in the same state. */
  clone(): ReferenceLedger {
    return new ReferenceLedger(this.signup, structuredClone(this.accounts))
  }

  /**
   * An account's first mention (rule 8).
   *
   * @param signupId of its signup batch
   */
  mention(name: string, now: number, signupId = 'no-signup'): ModelAccount {
    const known = this.accounts.get(name)
    if (known !== undefined) return known
    const account = emptyAccount(name)
    this.accounts.set(name, account)
    if (this.signup !== undefined) {
      addBatch(account, {
        id: signupId,
        type: 'free',
        source: 'signup',
        allocated: this.signup.amount,
        addedAt: now,
        expiresAt: expiryAfter(now, this.signup.expiresIn),
        note: null,
      })
      rebase(account, now)
    }
    return account
  }

  /** @param ids of what the operation makes, as the ledger answered; unused where it makes nothing */
  apply(operation: Operation, now: number, ids: readonly string[]): Outcome {
    const account = this.mention(operation.account, now)
    const isWrite = !isReplay(account, operation, now)
    try {
      const answer = withKey(account, operation, () => decide(account, operation, now, ids))
      checkInvariants(account, now)
      account.alert.isWritten ||= isWrite
      return { answer }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { refusal: { code: error.code, data: error.data } }
    } finally {
      // Also where it is refused: what has lapsed may have been written.
      moveLevel(account, now, 'may')
    }
  }

  sweep(now: number): { batches: number; amount: Credits } {
    const accounts = [...this.accounts.values()]
    const swept = accounts.map((account) => sweep(account, now))
    for (const account of accounts) moveLevel(account, now, 'must')
    return {
      batches: swept.reduce((total, report) => total + report.batches, 0),
      amount: micro(sum(swept.map((report) => report.amount))),
    }
  }

  balance(account: string, now: number): Balance {
    return balance(this.mention(account, now), now)
  }

  alertLine(account: string): AlertLine {
    return alertLine(this.known(account))
  }

  /** Whether an account's line and level can be those that the ledger tells after what was applied; then they are. */
  acceptAlertLine(line: AlertLine, now: number): boolean {
    return acceptAlertLine(this.known(line.account), line, now)
  }

  batches(account: string, now: number): Batch[] {
    return batches(this.mention(account, now), now)
  }

  usage(
    account: string,
    query: { from: Date; to: Date; timeZone: string; by: readonly UsageDimension[] },
  ): UsageRow[] {
    return usage(this.mention(account, query.to.getTime()), query)
  }

  private known(name: string): ModelAccount {
    const account = this.accounts.get(name)
    if (account === undefined) throw new Error(`The model knows no account ${name}`)
    return account
  }

  /** For choosing what to do next. */
  look(account: string): Readonly<ModelAccount> | undefined {
    return this.accounts.get(account)
  }
}

/** Rule 8. A refusal is no answer: the same key may succeed later. */
function withKey(account: ModelAccount, operation: Operation, act: () => unknown): unknown {
  const key = 'input' in operation ? operation.input.key : undefined
  if (key === undefined) return act()
  const input = canonical(operation)
  const first = account.keys.get(key)
  if (first !== undefined) {
    if (first.input !== input) throw new Refusal('key_conflict')
    return first.answer
  }
  const answer = act()
  account.keys.set(key, { input, answer })
  return answer
}

/** Whether it only tells what was written before. */
function isReplay(account: ModelAccount, operation: Operation, now: number): boolean {
  if (operation.kind === 'capture') return account.captures.has(operation.holdId)
  if (operation.kind === 'release') {
    const hold = account.holds.find(({ id }) => id === operation.holdId)
    return hold?.end === 'released' || (hold !== undefined && isLapsed(hold, now))
  }
  const key = 'input' in operation ? operation.input.key : undefined
  return key !== undefined && account.keys.has(key)
}

function decide(account: ModelAccount, operation: Operation, now: number, ids: readonly string[]): unknown {
  const id = ids[0] ?? 'unanswered'
  switch (operation.kind) {
    case 'grant':
      return grant(account, operation, now, id)
    case 'authorize':
      return authorize(account, operation, now, id)
    case 'capture':
      return capture(account, operation, now, ids)
    case 'release':
      return release(account, operation.holdId, now)
    case 'extend':
      return extend(account, operation, now)
    case 'charge':
      return charge(account, operation, now, id)
    case 'book':
      return bookPaid(account, operation, now, ids)
    case 'refund':
      return refund(account, operation, now, ids)
    case 'void':
      return voidBatch(account, operation, now)
    case 'extendBatch':
      return extendBatch(account, operation, now)
    case 'setAlertLine':
      return setAlertLine(account, operation)
  }
}
