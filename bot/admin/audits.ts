import { CreditsError } from '../../src/errors.ts'
import { isWritten } from '../../src/written.ts'
import { isOwnTrouble } from '../commands/answer.ts'
import type { BotJobs } from '../jobs/jobs.ts'
import { DONE, type Outcome, refused } from '../jobs/queue.ts'
import type { Audits, BotServices, Person } from '../services.ts'
import { auditMessage } from '../views/admin/audit.ts'
import { ADMIN_ACTIONS } from './actions.ts'
import type { AdminRequest } from './request.ts'
import { writeOf } from './rights.ts'

/** A job: what an admin confirmed, to be told if it was done. */
interface Confirmed {
  readonly request: AdminRequest
  readonly person: Person
}

/** Longer than a write takes that is still to come. By then who wrote it has told it, unless the server ended. */
const LOOKED_AFTER_MS = 60_000

/**
 * Tells the admin channel what admins do, once: who does something queues before it that somebody looks whether it was
 * done, and after it the message itself. A server that is killed in between loses neither. Before the runner's
 * `start`.
 */
export function openAudits(
  { ledger, settings }: Pick<BotServices, 'ledger' | 'settings'>,
  jobs: BotJobs,
): Audits {
  const { adminChannel: channel } = settings
  const confirmed = jobs.runner.queue<Confirmed>({
    name: 'audit',
    atOnce: 2,
    logged: ({ request, person }) => ({
      requestId: request.id,
      action: request.action,
      teamId: person.teamId,
    }),
    work: ({ data }) => look(data),
  })
  const audits: Audits = {
    async expect(request, person) {
      if (channel === undefined) return
      const data = { request, person }
      await confirmed.send([{ data, key: request.id, delayMs: LOOKED_AFTER_MS }])
    },
    async tell({ id }, { userId, teamId, enterpriseId }, sheet) {
      if (channel === undefined) return
      const message = auditMessage(sheet, { userId, requestId: id })
      await jobs.postMessage({ key: `audit:${id}`, teamId, enterpriseId, channel, message })
    },
  }
  return audits

  async function look({ request, person }: Confirmed): Promise<Outcome> {
    const read = ADMIN_ACTIONS[request.action].read(request.fields)
    if ('problems' in read) return refused('the request is of another version')
    const { account, perform } = read.terms
    const write = writeOf(request, person)
    if (!(await isWritten(ledger, account, write.key))) return DONE
    try {
      // With the key that is written already it writes nothing, and answers as it did.
      const { sheet } = await perform(ledger, write)
      await audits.tell(request, person, sheet)
    } catch (error) {
      if (!CreditsError.isInstance(error) || isOwnTrouble(error)) throw error
      return refused(error.code)
    }
    return DONE
  }
}
