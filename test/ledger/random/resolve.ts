/** An abstract choice made concrete: the operation that it means in the present state of the accounts. */
import { type Credits, micro } from '../../../src/amount.ts'
import type { Line, Operation } from '../../model/operation.ts'
import {
  availableCredit,
  type ModelAccount,
  type ModelBatch,
  type ModelHold,
  smaller,
} from '../../model/state.ts'
import type { AmountChoice, Choice } from './steps.ts'

const SECOND_MS = 1000

/** Names nothing, wherever an id is asked for. */
const NOWHERE = '00000000-0000-7000-8000-000000000000'

/** The `which` that asks for something that is not there. */
const NOTHING = 12

/**
 * @param earlier operations on this account, oldest first
 * @param freshName another one each time
 * @returns undefined for a repetition before there is anything to repeat
 */
export function resolve(
  choice: Choice,
  account: ModelAccount,
  earlier: readonly Operation[],
  now: number,
  freshName: () => string,
): Operation | undefined {
  const key = choice.hasKey ? { key: freshName() } : {}
  const name = account.name
  switch (possible(choice, account)) {
    case 'grant': {
      const lifetime = choice.seconds === null ? {} : { expiresIn: choice.seconds * SECOND_MS }
      const note = choice.flag ? { note: 'by chance' } : {}
      const type = choice.isPaid ? 'paid' : 'free'
      const amount = atLeastOne(amountOf(choice.amount, 100n, 4n))
      return {
        kind: 'grant',
        account: name,
        input: { type, amount, source: 'adjustment', ...lifetime, ...note, ...key },
      }
    }
    case 'authorize':
    case 'charge': {
      const amount = atLeastOne(amountOf(choice.amount, availableCredit(account, now)))
      const input = { amount, category: choice.category, ...attributionOf(choice), ...key }
      if (possible(choice, account) === 'charge') return { kind: 'charge', account: name, input }
      return {
        kind: 'authorize',
        account: name,
        input: { ...input, ttl: (choice.seconds ?? 60) * SECOND_MS },
      }
    }
    case 'capture': {
      const hold = holdOf(account, choice)
      return {
        kind: 'capture',
        account: name,
        holdId: hold?.id ?? NOWHERE,
        lines: linesOf(choice, hold?.amount ?? 1n),
      }
    }
    case 'book': {
      const available = availableCredit(account, now)
      const lines = linesOf(choice, available < 0n ? 0n : available).map((line) => ({
        category: choice.category,
        ...line,
      }))
      const input = { lines, ...attributionOf(choice), key: freshName() }
      return { kind: 'book', account: name, input }
    }
    case 'release':
      return {
        kind: 'release',
        account: name,
        holdId: holdOf(account, choice)?.id ?? NOWHERE,
      }
    case 'extend': {
      const holdId = holdOf(account, choice)?.id ?? NOWHERE
      return { kind: 'extend', account: name, holdId, ttl: (choice.seconds ?? 60) * SECOND_MS }
    }
    case 'refund': {
      const charge = fromNewest(account.charges, choice.which)
      const left = charge === undefined ? 1n : charge.amount - charge.refunded
      const amount = choice.amount === 'all' ? {} : { amount: atLeastOne(partOf(choice.amount, left)) }
      const lifetime = choice.seconds === null ? {} : { expiresIn: choice.seconds * SECOND_MS }
      const newBatch = choice.flag ? { newBatch: lifetime } : {}
      const input = { ...amount, reason: 'by chance', ...newBatch, ...key }
      return { kind: 'refund', account: name, chargeId: charge?.id ?? NOWHERE, input }
    }
    case 'void': {
      const batch = fromNewest(account.batches, choice.which)
      const part = voidedPart(choice, batch)
      const input = { reason: freshName(), ...part, ...key }
      return { kind: 'void', account: name, batchId: batch?.id ?? NOWHERE, input }
    }
    case 'extendBatch': {
      const batchId = fromNewest(account.batches, choice.which)?.id ?? NOWHERE
      const expiry =
        choice.seconds === null ? { never: true as const } : { expiresIn: choice.seconds * SECOND_MS }
      return {
        kind: 'extendBatch',
        account: name,
        batchId,
        input: { reason: freshName(), ...expiry, ...key },
      }
    }
    case 'setAlertLine': {
      const amount = choice.second === null ? null : atLeastOne(amountOf(choice.second, 100n, 4n))
      const percent = choice.seconds === null ? null : choice.seconds * 5
      const terms = choice.isPaid ? { amount } : choice.flag ? { percent } : { amount, percent }
      return { kind: 'setAlertLine', account: name, input: { ...terms, ...key } }
    }
    case 'repeat':
      return fromNewest(earlier, choice.which)
    case 'contradict': {
      const operation = fromNewest(earlier, choice.which)
      return operation === undefined ? undefined : withOtherInput(operation)
    }
  }
}

/** What needs a hold or a charge where there is none is spent on making one. */
function possible({ kind, which }: Choice, account: ModelAccount): Choice['kind'] {
  if (which === NOTHING) return kind
  if (['capture', 'release', 'extend'].includes(kind) && account.holds.length === 0) return 'authorize'
  if (kind === 'refund' && account.charges.length === 0) return 'charge'
  if (['void', 'extendBatch', 'authorize', 'charge'].includes(kind) && account.batches.length === 0)
    return 'grant'
  return kind
}

/** Mostly one that is still to be ended. */
function holdOf(account: ModelAccount, { which }: Choice): ModelHold | undefined {
  const unended = account.holds.filter(({ end }) => end === null)
  return fromNewest(which <= 2 && unended.length > 0 ? unended : account.holds, which)
}

const fromNewest = <T>(list: readonly T[], which: number): T | undefined =>
  which === NOTHING ? undefined : list.at(-1 - (which % list.length))

const atLeastOne = (amount: Credits): Credits => (amount < 1n ? micro(1n) : amount)

function amountOf(choice: AmountChoice, all: bigint, unit = 1n): Credits {
  if (choice === 'all') return micro(all)
  if (choice === 'one more') return micro(all + 1n)
  return micro(choice === 'zero' ? 0n : BigInt(choice) * unit)
}

const partOf = (choice: AmountChoice, all: bigint): Credits =>
  typeof choice === 'number' ? micro(all / BigInt(choice)) : amountOf(choice, all)

const attributionOf = ({ name }: Choice) =>
  name === null
    ? {}
    : { model: `model-${name}`, agent: `agent-${name}`, user: `user-${name}`, conversation: name }

/** All of a batch, or so much of it, or until so much of it is voided. */
function voidedPart({ amount, second, flag }: Choice, batch: ModelBatch | undefined) {
  if (second === null) return {}
  const part = amountOf(amount, batch?.remaining ?? 1n)
  return flag ? { total: part } : { amount: atLeastOne(part) }
}

/** One line, or two that share the right of the hold. */
function linesOf(choice: Choice, held: bigint): Line[] {
  const first: Line = { amount: amountOf(choice.amount, held) }
  if (choice.second === null) return choice.flag ? [{ ...first, estimated: true }] : [first]
  return [
    first,
    { amount: amountOf(choice.second, smaller(held, 10n)), category: choice.category, model: 'second' },
  ]
}

function withOtherInput(operation: Operation): Operation {
  switch (operation.kind) {
    case 'grant':
    case 'authorize':
    case 'charge':
      return {
        ...operation,
        input: { ...operation.input, amount: micro(operation.input.amount + 1n) },
      } as Operation
    case 'capture':
      return {
        ...operation,
        lines: operation.lines.map((line) => ({ ...line, amount: micro(line.amount + 1n) })),
      }
    case 'book': {
      const lines = operation.input.lines.map((line) => ({ ...line, amount: micro(line.amount + 1n) }))
      return { ...operation, input: { ...operation.input, lines } }
    }
    case 'refund':
    case 'void':
    case 'extendBatch':
      return {
        ...operation,
        input: { ...operation.input, reason: `not ${operation.input.reason}` },
      } as Operation
    case 'setAlertLine':
      return {
        ...operation,
        input: { ...operation.input, percent: ((operation.input.percent ?? 0) + 1) % 101 },
      }
    case 'release':
      return { ...operation, kind: 'capture', lines: [{ amount: micro(1n) }] }
    case 'extend':
      return { ...operation, ttl: operation.ttl + SECOND_MS }
  }
}
