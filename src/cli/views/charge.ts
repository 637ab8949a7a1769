import type { Charge } from '../../types.ts'
import type { Field } from './block.ts'
import { fieldBlock } from './block.ts'
import { batchTypeName, exactAmount } from './text.ts'

/** One charge, after it was booked. `explain` tells the rest. */
export const chargeBlock = (title: string, charge: Charge): string =>
  fieldBlock(title, [
    ['Charge', charge.id],
    ['Category', charge.category],
    ...attributionFields(charge),
    ...amountFields(charge),
  ])

/** Whom and what the call was for. */
export const attributionFields = ({ model, agent, user, conversation, tags }: Charge): Field[] => [
  ['Model', model],
  ['Agent', agent],
  ['User', user],
  ['Conversation', conversation],
  ['Tags', tags === null ? null : Object.entries(tags).map(([name, value]) => `${name}: ${value}`)],
]

/** What it cost, and who paid. */
export const amountFields = ({ amount, estimated, held, draws, debt }: Charge): Field[] => [
  ['Amount', `${exactAmount(amount)}${estimated ? ' (estimated)' : ''}`],
  ['Held for it', held === null ? null : exactAmount(held)],
  [
    'Drawn',
    draws.map((draw) => `${exactAmount(draw.amount)} from ${batchTypeName(draw.type)} batch ${draw.batchId}`),
  ],
  ['Debt', debt === 0n ? null : exactAmount(debt)],
]
