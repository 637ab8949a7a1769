import { alertLevel, alertLine } from '../alert-line.ts'
import { formatAmount } from '../amount.ts'
import { newId } from '../ids.ts'
import type { Attribution, Category } from '../types.ts'
import { type AccountState, type LedgerBatch, type OpenHold, settledCredit } from './account-state.ts'
import { ArrayLiteral } from './array-literal.ts'
import { SECTIONS, type SectionName } from './post-sections.ts'
import { RowCursor } from './row-cursor.ts'

export type EntryKind =
  | 'grant'
  | 'debt'
  | 'repayment'
  | 'refund'
  | 'expiry'
  | 'void'
  | 'release'
  | 'lapse'
  | 'extension'

export interface EntryRow {
  kind: EntryKind
  amount: bigint
  batchId?: string
  chargeId?: string
  holdId?: string
  actor?: string | undefined
  reason?: string | undefined
  detail?: unknown
}

export interface ChargeRow {
  id: string
  category: Category
  amount: bigint
  debt: bigint
  held: bigint | null
  draws: readonly { batch: { id: string }; amount: bigint }[]
  attribution: Attribution
  estimated: boolean
  receipt: string | null
}

interface Touched {
  state: AccountState
  ordinal: number
  versionBefore: number
  batchesAdded: Set<LedgerBatch>
  batchesChanged: Set<LedgerBatch>
  batchesExtended: Set<LedgerBatch>
  /** New lengths of life by hold. */
  extensions: Map<string, number>
}

interface Bucket {
  touched: Touched
  category: Category
  attribution: Attribution
  charges: number
  amount: bigint
}

/**
 * What one group of operations writes, column by column, ready to be sent as arrays. An account's own row and its
 * batches' are taken when the posting is sealed, however often the group changed them.
 */
export class Posting {
  readonly sections = new Map<SectionName, ArrayLiteral[]>()
  private readonly touched = new Map<string, Touched>()
  private readonly buckets = new Map<string, Bucket>()
  private touches = 0

  get isEmpty(): boolean {
    return this.touched.size === 0
  }

  get isOfOneAccount(): boolean {
    return this.touched.size === 1
  }

  /** Grows with each change: an operation that was refused must have left it as it was. */
  get changes(): number {
    return this.touches
  }

  has(account: string): boolean {
    return this.touched.has(account)
  }

  /** Says that the account's row must be written. */
  touch(state: AccountState): Touched {
    this.touches += 1
    let touched = this.touched.get(state.account)
    if (!touched) {
      touched = {
        state,
        ordinal: this.touched.size,
        versionBefore: state.version,
        batchesAdded: new Set(),
        batchesChanged: new Set(),
        batchesExtended: new Set(),
        extensions: new Map(),
      }
      this.touched.set(state.account, touched)
    }
    return touched
  }

  addBatch(state: AccountState, batch: LedgerBatch): void {
    this.touch(state).batchesAdded.add(batch)
  }

  changeBatch(state: AccountState, batch: LedgerBatch): void {
    const { batchesAdded, batchesChanged } = this.touch(state)
    if (!batchesAdded.has(batch)) batchesChanged.add(batch)
  }

  /** For a batch whose expiry has changed. */
  extendBatch(state: AccountState, batch: LedgerBatch): void {
    const { batchesAdded, batchesExtended } = this.touch(state)
    if (!batchesAdded.has(batch)) batchesExtended.add(batch)
  }

  openHold(state: AccountState, hold: OpenHold, ttlMs: number): void {
    const { ordinal } = this.touch(state)
    const row = this.rows('holdsOpened')
    row.text(state.account)
    row.word(hold.id)
    row.integer(hold.amount)
    row.word(hold.category)
    row.integer(ttlMs)
    row.text(hold.attribution === null ? null : JSON.stringify(hold.attribution))
    row.integer(ordinal)
  }

  extendHold(state: AccountState, holdId: string, ttlMs: number): void {
    const { extensions } = this.touch(state)
    extensions.set(holdId, Math.max(ttlMs, extensions.get(holdId) ?? 0))
  }

  closeHold(state: AccountState, holdId: string): void {
    const { ordinal, extensions } = this.touch(state)
    // One statement must not change a row twice: PostgreSQL would do only one of the two.
    extensions.delete(holdId)
    const row = this.rows('holdsClosed')
    row.text(state.account)
    row.word(holdId)
    row.integer(ordinal)
  }

  charge(state: AccountState, charge: ChargeRow): void {
    const { ordinal } = this.touch(state)
    const row = this.rows('charges')
    row.text(state.account)
    row.word(charge.id)
    row.word(charge.category)
    row.integer(charge.amount)
    row.integer(charge.debt)
    row.integer(charge.held)
    row.text(`{${charge.draws.map((draw) => draw.batch.id).join(',')}}`)
    row.text(`{${charge.draws.map((draw) => draw.amount).join(',')}}`)
    row.text(charge.attribution.model)
    row.text(charge.attribution.agent)
    row.text(charge.attribution.user)
    row.text(charge.attribution.conversation)
    row.word(charge.estimated ? 't' : 'f')
    row.text(charge.receipt)
    row.integer(ordinal)
    this.addUsage(state, charge)
  }

  /** Takes a refund off the usage bucket of its charge. */
  reduceUsage(
    state: AccountState,
    chargedAt: number,
    category: Category,
    attribution: { model: string | null; agent: string | null; user: string | null },
    amount: bigint,
  ): void {
    const { ordinal } = this.touch(state)
    const row = this.rows('bucketsReduced')
    row.text(state.account)
    row.instant(bucketStart(chargedAt))
    row.word(category)
    row.text(attribution.model ?? '')
    row.text(attribution.agent ?? '')
    row.text(attribution.user ?? '')
    row.integer(amount)
    row.integer(ordinal)
  }

  /** Charges of one group that share a bucket are added to it at once. */
  private addUsage(state: AccountState, { category, attribution, amount }: ChargeRow): void {
    const { model = '', agent = '', user = '' } = attribution
    const identity = `${state.account}\0${category}\0${model}\0${agent}\0${user}`
    const bucket = this.buckets.get(identity)
    if (bucket) {
      bucket.charges += 1
      bucket.amount += amount
    } else {
      this.buckets.set(identity, { touched: this.touch(state), category, attribution, charges: 1, amount })
    }
  }

  entry(state: AccountState, entry: EntryRow): string {
    const { ordinal } = this.touch(state)
    const id = newId()
    const row = this.rows('entries')
    row.text(state.account)
    row.word(id)
    row.word(entry.kind)
    row.integer(entry.amount)
    row.word(entry.batchId)
    row.word(entry.chargeId)
    row.word(entry.holdId)
    row.text(entry.actor)
    row.text(entry.reason)
    row.text(entry.detail === undefined ? null : JSON.stringify(entry.detail))
    row.integer(ordinal)
    return id
  }

  key(state: AccountState, key: string, operation: string, inputHash: string, answer: unknown): void {
    const { ordinal } = this.touch(state)
    const row = this.rows('keys')
    row.text(state.account)
    row.text(key)
    row.word(operation)
    row.word(inputHash)
    row.text(JSON.stringify(answer, bigintAsText))
    row.integer(ordinal)
  }

  /**
   * Takes the accounts' and batches' rows as they are now, and gives the accounts new versions: what is decided
   * after this builds on them. Returns the accounts in the order of their ordinals.
   */
  seal(): AccountState[] {
    // In one order for everybody, as accounts are locked: two groups that share accounts wait, and do not deadlock.
    const inOrder = [...this.touched.values()].toSorted((a, b) =>
      a.state.account < b.state.account ? -1 : 1,
    )
    for (const { state, ordinal } of inOrder) this.moveAlert(state, ordinal)
    // For all of them if for one: in two sections they would be locked in two orders.
    const changed = inOrder.some(({ state, versionBefore }) => state.alert.isChanged && versionBefore >= 0)
      ? 'accountsAlerted'
      : 'accountsChanged'
    for (const touched of inOrder) {
      this.sealAccount(touched, changed)
      for (const batch of touched.batchesAdded) this.sealAddedBatch(touched, batch)
      for (const batch of touched.batchesChanged) {
        // One statement must not change a row twice.
        if (!touched.batchesExtended.has(batch)) this.sealChangedBatch(touched, batch)
      }
      for (const batch of touched.batchesExtended) this.sealExtendedBatch(touched, batch)
      for (const [holdId, ttlMs] of touched.extensions) this.sealExtension(touched, holdId, ttlMs)
      dropSpentBatches(touched)
    }
    for (const bucket of this.buckets.values()) this.sealBucket(bucket)
    return [...this.touched.values()].map(({ state }) => state)
  }

  private sealAccount(
    { state, ordinal, versionBefore }: Touched,
    changed: 'accountsAlerted' | 'accountsChanged',
  ): void {
    const { alert } = state
    const section = versionBefore < 0 ? 'accountsAdded' : changed
    const row = this.rows(section)
    row.text(state.account)
    state.version = newVersion()
    row.integer(versionBefore)
    row.integer(state.version)
    row.integer(state.held)
    row.integer(state.openHolds)
    row.integer(state.debt)
    row.instant(state.nextLapse)
    if (section !== 'accountsChanged') {
      row.integer(alert.amount)
      row.integer(alert.percent)
      row.integer(alert.base)
      row.integer(alert.level)
      alert.isChanged = false
    }
    row.integer(ordinal)
  }

  /** Raises, changes or resolves the account's low-balance alert where its level, or an open one's line, is another now. */
  private moveAlert(state: AccountState, ordinal: number): void {
    const { alert } = state
    const settled = settledCredit(state)
    const level = alertLevel(settled, alert, alert.level)
    if (level === alert.level && (level === 0 || !alert.isChanged)) return
    const isNew = alert.level === 0
    alert.level = level
    alert.isChanged = true
    const row = this.rows(isNew ? 'alertsRaised' : 'alertsChanged')
    row.text(state.account)
    if (isNew) row.word(newId())
    row.integer(level)
    row.text(
      JSON.stringify({
        settled: formatAmount(settled),
        line: formatAmount(alertLine(alert)),
        base: formatAmount(alert.base),
      }),
    )
    row.integer(ordinal)
  }

  private sealAddedBatch({ state, ordinal }: Touched, batch: LedgerBatch): void {
    const row = this.rows('batchesAdded')
    row.text(state.account)
    row.word(batch.id)
    row.word(batch.type)
    row.word(batch.source)
    row.integer(batch.allocated)
    row.integer(batch.drawn)
    row.integer(batch.remaining)
    row.instant(batch.addedAt)
    row.instant(batch.expiresAt)
    row.text(batch.note)
    row.text(batch.reference)
    row.integer(ordinal)
  }

  private sealChangedBatch({ state, ordinal }: Touched, batch: LedgerBatch): void {
    this.batchState('batchesChanged', state, batch).integer(ordinal)
  }

  private sealExtendedBatch({ state, ordinal }: Touched, batch: LedgerBatch): void {
    const row = this.batchState('batchesExtended', state, batch)
    row.instant(batch.expiresAt)
    row.integer(ordinal)
  }

  private batchState(section: SectionName, state: AccountState, batch: LedgerBatch): RowCursor {
    const row = this.rows(section)
    row.text(state.account)
    row.word(batch.id)
    row.integer(batch.drawn)
    row.integer(batch.refunded)
    row.integer(batch.expired)
    row.integer(batch.voided)
    row.integer(batch.remaining)
    row.instant(batch.voidedAt ?? Number.POSITIVE_INFINITY)
    return row
  }

  private sealExtension({ state, ordinal }: Touched, holdId: string, ttlMs: number): void {
    const row = this.rows('holdsExtended')
    row.text(state.account)
    row.word(holdId)
    row.integer(ttlMs)
    row.integer(ordinal)
  }

  private sealBucket({ touched, category, attribution, charges, amount }: Bucket): void {
    const row = this.rows('buckets')
    row.text(touched.state.account)
    row.word(category)
    row.text(attribution.model ?? '')
    row.text(attribution.agent ?? '')
    row.text(attribution.user ?? '')
    row.integer(charges)
    row.integer(amount)
    row.integer(touched.ordinal)
  }

  /** A cursor over the columns of a section: each call fills the next column of a new row. */
  private rows(section: SectionName): RowCursor {
    let columns = this.sections.get(section)
    if (!columns) {
      columns = SECTIONS[section].columns.map(() => new ArrayLiteral())
      this.sections.set(section, columns)
    }
    return new RowCursor(columns)
  }
}

function dropSpentBatches({ state, batchesAdded, batchesChanged }: Touched): void {
  for (const batch of [...batchesAdded, ...batchesChanged]) {
    if (batch.remaining > 0n) continue
    state.batches = state.batches.filter(({ remaining }) => remaining > 0n)
    return
  }
}

/**
 * Random, not counted: two processes that write on from the same version must not arrive at the same next one,
 * because what one of them has already sent after it would then be taken for the other's.
 */
const newVersion = (): number => Math.floor(Math.random() * Number.MAX_SAFE_INTEGER)

/** JSON's numbers are exact up to 2^53 only. */
const bigintAsText = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value

/** The start of the quarter of an hour that an instant falls into. */
const bucketStart = (instant: number): number => instant - (((instant % 900_000) + 900_000) % 900_000)
