import type { CreditLedger } from '../../../src/credits.ts'
import type { TestLedger } from '../../support/ledger.ts'

const SECOND_MS = 1000

/** The ids of an account on which everything that can be written has been. */
export interface Story {
  account: string
  /** Repaid a debt, was drawn on, and got a refund back. */
  batch: string
  expired: string
  voided: string
  /** Still open. */
  hold: string
  /** Made a debt, which is repaid. */
  overdrawn: string
  /** Made no debt, and was refunded in part. */
  refunded: string
}

/** Tells the story of an account: every kind of entry, an open hold, charges with draws and with debt, a refund. */
export async function tellStory({ ledger, clock }: TestLedger, account: string): Promise<Story> {
  await ledger.grant(account, { type: 'paid', amount: '5' })
  const first = await hold(ledger, account, '5')
  const [overdrawn] = await ledger.capture(account, first, '8')
  const batch = await ledger.grant(account, { type: 'paid', amount: '10' })
  const refunded = await ledger.charge(account, { amount: '2', category: 'WebSearch', agent: 'support' })
  await ledger.refund(account, refunded.id, { amount: '0.5', reason: 'too slow' })
  const voided = await ledger.grant(account, { type: 'free', amount: '1' })
  await ledger.void(account, voided.id, { reason: 'a mistake' })
  await ledger.release(account, await hold(ledger, account, '1'))
  await hold(ledger, account, '1', SECOND_MS)
  const expired = await ledger.grant(account, { type: 'free', amount: '1', expiresIn: SECOND_MS })
  await ledger.extendBatch(account, batch.id, { expiresIn: '30d', reason: 'too short' })
  await ledger.setAlertLine(account, { amount: '100' })
  clock.advance(SECOND_MS)
  await ledger.sweep()
  return {
    account,
    batch: batch.id,
    expired: expired.id,
    voided: voided.id,
    hold: await hold(ledger, account, '2'),
    overdrawn: overdrawn!.id,
    refunded: refunded.id,
  }
}

async function hold(
  ledger: CreditLedger,
  account: string,
  amount: string,
  ttl = 86_400_000,
): Promise<string> {
  const { id } = await ledger.authorize(account, { amount, category: 'LLM', ttl })
  return id
}
