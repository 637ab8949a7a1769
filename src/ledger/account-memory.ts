import type { AccountState } from './account-state.ts'
import { SAFETY_MS } from './database-time.ts'

/** An account of five batches takes about 2 KB. */
const REMEMBERED_ACCOUNTS = 10_000
/** An account that is known to hold more than this is read afresh, so that memory stays bounded. */
const REMEMBERED_HOLDS = 50_000
const REMEMBERED_KEYS = 10_000
/** How long an account that others write too is locked instead of guessed, doubling with each wrong guess. */
const CONTENDED_MS = 200
const CONTENDED_MAX_MS = 10_000

interface Contention {
  until: number
  backoffMs: number
}

/**
 * The accounts' states as this process last wrote or read them, the most recently used ones. A state may be out of
 * date: the write says so, because the account's version has moved on.
 */
export class AccountMemory {
  private readonly states = new Map<string, AccountState>()
  private readonly contended = new Map<string, Contention>()
  private readonly keys = new Set<string>()

  /** A state that can decide at this instant: nothing of it expires or lapses soon. */
  usable(account: string, at: number): AccountState | undefined {
    const state = this.states.get(account)
    if (!state || state.hasExpired || this.isContended(account)) return undefined
    return validUntil(state) > at + SAFETY_MS ? state : undefined
  }

  /** The state, whether or not it can decide. */
  recall(account: string): AccountState | undefined {
    return this.states.get(account)
  }

  remember(state: AccountState): void {
    this.states.delete(state.account)
    if (state.holds.size > REMEMBERED_HOLDS) return
    this.states.set(state.account, state)
    if (this.states.size <= REMEMBERED_ACCOUNTS) return
    const [oldest] = this.states.keys()
    if (oldest !== undefined) this.states.delete(oldest)
  }

  /** Whether this process has written such a key: its replay is not worth a guess, which would fail with its group. */
  hasKey(identity: string): boolean {
    return this.keys.has(identity)
  }

  rememberKey(identity: string): void {
    this.keys.add(identity)
    if (this.keys.size <= REMEMBERED_KEYS) return
    const [oldest] = this.keys
    if (oldest !== undefined) this.keys.delete(oldest)
  }

  forget(account: string): void {
    this.states.delete(account)
  }

  /** Another process wrote to the account after this one had read it. */
  wasWrong(account: string): void {
    this.forget(account)
    const backoffMs = Math.min(
      (this.contended.get(account)?.backoffMs ?? CONTENDED_MS / 2) * 2,
      CONTENDED_MAX_MS,
    )
    this.contended.delete(account)
    this.contended.set(account, { until: performance.now() + backoffMs, backoffMs })
    if (this.contended.size > REMEMBERED_ACCOUNTS) this.contended.clear()
  }

  wasRight(account: string): void {
    if (this.contended.size > 0) this.contended.delete(account)
  }

  private isContended(account: string): boolean {
    const contention = this.contended.get(account)
    return contention !== undefined && contention.until > performance.now()
  }
}

/** The instant from which a state no longer holds. */
export const validUntil = (state: AccountState): number => Math.min(state.nextExpiry, state.nextLapse)
