import type { CommandRequest, Subcommand } from '../commands/subcommand.ts'
import { keyedId } from '../keyed-id.ts'
import type { Message } from '../views/blocks.ts'
import { previewMessage } from '../views/admin/preview.ts'
import { problemsMessage } from '../views/admin/problems.ts'
import { refusal } from '../views/notices.ts'
import type { AdminAction } from './action.ts'
import { ADMIN_ACTIONS } from './actions.ts'
import { openForm } from './open-form.ts'
import { planAction } from './plan.ts'
import { writeRequest } from './request.ts'

/** `/credits grant …` and so on: each shows what it would do, and does it when that is confirmed. */
export const ADMIN_COMMANDS: readonly Subcommand[] = Object.values(ADMIN_ACTIONS).map((action) => ({
  name: action.name,
  summary: action.summary,
  usage: action.usage,
  forAdmins: true,
  answer: (request) => answer(action, request),
}))

async function answer(action: AdminAction, request: CommandRequest): Promise<Message | undefined> {
  const { services, person, client, words, triggerId } = request
  const asker = { person, client }
  if (words.length === 0 && action.isAboutAccount) {
    return openForm(services, asker, action, { triggerId })
  }
  // Slack gives every command a trigger of its own: both previews of one that is delivered twice are one request.
  const draft = { id: keyedId('command', triggerId), fields: action.fieldsOf(words) }
  const plan = await planAction(services, asker, action, draft)
  if ('problems' in plan) return problemsMessage(Object.values(plan.problems), action)
  if ('refusal' in plan) return refusal(plan.refusal)
  return previewMessage(plan.sheet, {
    verb: action.verb,
    account: plan.request.fields.account ?? '',
    isDangerous: action.name === 'void',
    value: writeRequest(plan.request),
  })
}
