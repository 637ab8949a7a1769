import { CreditsError } from '../../src/errors.ts'
import { refundButton } from '../views/admin/buttons.ts'
import { notice } from '../views/notices.ts'
import { receiptView } from '../views/receipt.ts'
import type { Subcommand } from './subcommand.ts'

export const explainCommand: Subcommand = {
  name: 'explain',
  usage: 'CHARGE',
  summary: 'the receipt of a charge: units, prices, and which batches paid',
  async answer({ services, account, person, client, words }) {
    const [chargeId, ...rest] = words
    if (chargeId === undefined || rest.length > 0) return notice(USAGE)
    try {
      const [receipt, isAdmin] = await Promise.all([
        services.ledger.explain(account, chargeId),
        services.people.isAdmin(client, person),
      ])
      const isRefundable = isAdmin && receipt.net > 0n
      return receiptView(receipt, isRefundable ? [refundButton(receipt)] : [])
    } catch (error) {
      // Whether another account has it is not said: people see charges of their own account only.
      if (CreditsError.isInstance(error) && error.code === 'charge_not_found') {
        services.logger.warn({ ...person, ...error.data }, 'Refused a charge that is not of this account')
      }
      throw error
    }
  },
}

const USAGE =
  'Paste the whole id of a charge: `/credits explain 0197a1b2-…`. The ids are in the list of charges of `/credits usage`.'
