/** Rules 4–7: authorize, capture, release, extend, and what is charged or booked without a hold. */
import { formatAmount } from '../../src/amount.ts'
import type { Attribution, Charge, Hold } from '../../src/types.ts'
import { chargeAnswer, holdAnswer } from './answers.ts'
import { takeInOrder } from './draw-down.ts'
import type { Authorize, Book, Capture, Charge as ChargeOperation, Extend, Line } from './operation.ts'
import { canonical } from './operation.ts'
import { Refusal } from './refusal.ts'
import {
  availableCredit,
  heldCredit,
  isLapsed,
  type ModelAccount,
  type ModelCharge,
  type ModelHold,
  openHolds,
  type Portion,
  smaller,
  sum,
} from './state.ts'

export function authorize(account: ModelAccount, { input }: Authorize, now: number, id: string): Hold {
  refuseWhatIsNotThere(account, input.amount, now)
  const hold: ModelHold = {
    id,
    amount: input.amount,
    category: input.category,
    attribution: attributionOf(input),
    authorizedAt: now,
    expiresAt: now + input.ttl,
    end: null,
  }
  account.holds.push(hold)
  return holdAnswer(account, hold, now)
}

/** Rule 13: enough once the running calls have finished is another refusal than too little. */
function refuseWhatIsNotThere(account: ModelAccount, amount: bigint, now: number): void {
  const available = availableCredit(account, now)
  if (amount <= available) return
  const held = heldCredit(account, now)
  const figures = { available: formatAmount(available), missing: formatAmount(amount - available) }
  if (amount > available + held) throw new Refusal('insufficient_credits', figures)
  throw new Refusal('credits_held', {
    ...figures,
    held: formatAmount(held),
    openHolds: openHolds(account, now).length,
  })
}

export function capture(
  account: ModelAccount,
  operation: Capture,
  now: number,
  ids: readonly string[],
): Charge[] {
  const hold = findHold(account, operation.holdId)
  const input = canonical(operation.lines)
  const replay = account.captures.get(hold.id)
  if (replay !== undefined) {
    if (replay.input !== input) throw new Refusal('key_conflict')
    return replay.answer as Charge[]
  }
  if (hold.end === 'released') throw new Refusal('hold_released')

  const reserved = isLapsed(hold, now) ? null : hold.amount
  let right = reserved ?? 0n
  hold.end = 'captured'
  const answer = operation.lines.map((line, index) => {
    const byRight = smaller(right, line.amount)
    right -= byRight
    const id = ids[index] ?? `unanswered-${index}`
    // What was reserved is said once, on the first line, and not of a hold that had let go of it.
    const held = index === 0 ? reserved : null
    return chargeAnswer(account, bookLine(account, hold, { ...line, held, byRight, id }, now))
  })
  account.captures.set(hold.id, { input, answer })
  return answer
}

/** Rule 5 for the part by right, rule 6 for the part beyond it. */
function bookLine(
  account: ModelAccount,
  hold: ModelHold,
  line: Line & { id: string; held: bigint | null; byRight: bigint },
  now: number,
): ModelCharge {
  const draws = takeInOrder(account, line.byRight, now, hold.authorizedAt)
  const beyond = line.amount - sum(draws.map((draw) => draw.amount))
  draws.push(...takeInOrder(account, beyond, now))
  return book(account, {
    id: line.id,
    category: line.category ?? hold.category,
    amount: line.amount,
    held: line.held,
    draws: joinNeighbours(draws),
    attribution: { ...hold.attribution, ...(line.model === undefined ? {} : { model: line.model }) },
    estimated: line.estimated ?? false,
    chargedAt: now,
  })
}

/** Where the part by right ends within a batch and the part beyond goes on with it, that is one draw. */
function joinNeighbours(draws: readonly Portion[]): Portion[] {
  const joined: Portion[] = []
  for (const draw of draws) {
    const last = joined.at(-1)
    if (last?.batchId === draw.batchId) last.amount += draw.amount
    else joined.push({ ...draw })
  }
  return joined
}

export function charge(account: ModelAccount, { input }: ChargeOperation, now: number, id: string): Charge {
  refuseWhatIsNotThere(account, input.amount, now)
  const booked = book(account, {
    id,
    category: input.category,
    amount: input.amount,
    held: null,
    draws: takeInOrder(account, input.amount, now),
    attribution: attributionOf(input),
    estimated: input.estimated ?? false,
    chargedAt: now,
  })
  if (booked.debt !== 0n) throw new Error('A charge within what is available made debt')
  return chargeAnswer(account, booked)
}

/** Rule 6 without a hold: whatever there is, and then debt. */
export function bookPaid(
  account: ModelAccount,
  { input }: Book,
  now: number,
  ids: readonly string[],
): Charge[] {
  return input.lines.map((line, index) => {
    const booked = book(account, {
      id: ids[index] ?? `unanswered-${index}`,
      category: line.category,
      amount: line.amount,
      held: null,
      draws: takeInOrder(account, line.amount, now),
      attribution: { ...attributionOf(input), ...(line.model === undefined ? {} : { model: line.model }) },
      estimated: line.estimated ?? false,
      chargedAt: now,
    })
    return chargeAnswer(account, booked)
  })
}

function book(
  account: ModelAccount,
  parts: Omit<ModelCharge, 'debt' | 'owed' | 'repayments' | 'refunded'>,
): ModelCharge {
  const debt = parts.amount - sum(parts.draws.map((draw) => draw.amount))
  const booked: ModelCharge = { ...parts, debt, owed: debt, repayments: [], refunded: 0n }
  account.charges.push(booked)
  return booked
}

export function release(account: ModelAccount, holdId: string, now: number): Hold {
  const hold = findHold(account, holdId)
  if (hold.end === 'captured') throw new Refusal('hold_captured')
  // Who lets go of a hold that has lapsed is told so; it stays lapsed, and a late capture may still come.
  if (hold.end === null && !isLapsed(hold, now)) hold.end = 'released'
  return holdAnswer(account, hold, now)
}

export function extend(account: ModelAccount, operation: Extend, now: number): Hold {
  const hold = findHold(account, operation.holdId)
  if (hold.end === 'captured') throw new Refusal('hold_captured')
  if (hold.end === 'released') throw new Refusal('hold_released')
  if (isLapsed(hold, now)) throw new Refusal('hold_lapsed')
  // Two extensions may arrive in the wrong order: the longer one counts.
  hold.expiresAt = Math.max(hold.expiresAt, now + operation.ttl)
  return holdAnswer(account, hold, now)
}

function findHold(account: ModelAccount, id: string): ModelHold {
  const hold = account.holds.find((candidate) => candidate.id === id)
  if (hold === undefined) throw new Refusal('hold_not_found')
  return hold
}

function attributionOf({ model, agent, user, conversation, tags }: Attribution): Attribution {
  return { model, agent, user, conversation, tags }
}
