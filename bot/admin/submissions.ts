import type { App, SlackViewMiddlewareArgs, types, ViewSubmitAction } from '@slack/bolt'
import { CreditsError } from '../../src/errors.ts'
import { isOwnTrouble } from '../commands/answer.ts'
import { personOfInteraction } from '../payload-person.ts'
import { slackErrorOf } from '../reply.ts'
import type { BotServices } from '../services.ts'
import { endsWithin } from '../../src/time-limit.ts'
import { ADMIN_FORM_VIEW } from '../views/admin/form.ts'
import {
  ADMIN_CONFIRM_VIEW,
  noticeModal,
  outcomeModal,
  previewModal,
  retryModal,
  workingModal,
} from '../views/admin/modals.ts'
import { ADMIN_ACTIONS } from './actions.ts'
import { FIELD_NAMES, type FieldName, type Fields, type Problems } from './fields.ts'
import { performRequest } from './perform.ts'
import { planAction } from './plan.ts'
import { type AdminRequest, readRequest, writeRequest } from './request.ts'
import { type Asker, isAdmin } from './rights.ts'

type Submission = SlackViewMiddlewareArgs<ViewSubmitAction>['view']

/** What a submitted form turns into, or what is wrong in it. */
type Next = { readonly view: types.ModalView } | { readonly problems: Problems }

type Step = (
  services: BotServices,
  asker: Asker,
  request: AdminRequest,
  submission: Submission,
) => Promise<Next>

/** Slack shows an error after 3 s: by then an acknowledgement must have travelled too. */
const ACKNOWLEDGE_WITHIN_MS = 1_500

/** Forms: filled in, they turn into a preview, and that, confirmed, into what came of it. */
export function listenToAdminForms(app: App, services: BotServices): void {
  listenTo(ADMIN_FORM_VIEW, previewForm)
  listenTo(ADMIN_CONFIRM_VIEW, confirmPreview)

  function listenTo(callbackId: string, step: Step): void {
    app.view<ViewSubmitAction>(
      { callback_id: callbackId, type: 'view_submission' },
      async ({ ack, body, view, client, context }) => {
        const asker = { person: personOfInteraction(body), client }
        const next = take(services, asker, view, step, String(context['requestId']))
        if (await endsWithin(next, ACKNOWLEDGE_WITHIN_MS)) return ack(responseTo(await next))
        await ack({ response_action: 'update', view: workingModal() })
        await client.views.update({ view_id: view.id, view: viewOf(await next) }).catch((error: unknown) => {
          // Whoever closed it does not wait for it.
          if (slackErrorOf(error) !== 'not_found') throw error
        })
      },
    )
  }
}

/** Never fails: whoever submitted sees what went wrong. */
async function take(
  services: BotServices,
  asker: Asker,
  submission: Submission,
  step: Step,
  requestId: string,
): Promise<Next> {
  const request = readRequest(submission.private_metadata)
  const name = request?.action ?? 'form'
  if (!(await isAdmin(services, asker, name))) return { view: noticeModal('Only admins may do that.') }
  if (request === undefined) return { view: noticeModal('This form is of another version. Open it again.') }
  try {
    return await step(services, asker, request, submission)
  } catch (error) {
    if (CreditsError.isInstance(error) && !isOwnTrouble(error)) return { view: noticeModal(error.message) }
    services.logger.error({ err: error, requestId }, 'A form of admins failed')
    return { view: noticeModal(`Something went wrong (ref ${requestId.slice(0, 8)}). Nothing was changed.`) }
  }
}

/** What the form was opened for stands; what was filled in comes with it. */
async function previewForm(
  services: BotServices,
  asker: Asker,
  { id, action: name, fields }: AdminRequest,
  submission: Submission,
): Promise<Next> {
  const action = ADMIN_ACTIONS[name]
  const plan = await planAction(services, asker, action, {
    id,
    fields: { ...filledIn(submission), ...fields },
  })
  if ('refusal' in plan) return { view: noticeModal(plan.refusal) }
  if ('sheet' in plan) {
    return { view: previewModal(plan.sheet, { verb: action.verb, metadata: writeRequest(plan.request) }) }
  }
  const isAsked = (field: string) => field in submission.state.values
  return Object.keys(plan.problems).every(isAsked) ? plan : { view: problemsModal(plan.problems) }
}

async function confirmPreview(services: BotServices, asker: Asker, request: AdminRequest): Promise<Next> {
  const answer = await performRequest(services, asker, request)
  if ('sheet' in answer) return { view: outcomeModal(answer.sheet) }
  if ('refusal' in answer) return { view: noticeModal(answer.refusal) }
  return { view: retryModal(answer.trouble, writeRequest(request)) }
}

function filledIn({ state }: Submission): Fields {
  const fields: { [Name in FieldName]?: string } = {}
  for (const name of FIELD_NAMES) {
    const given = state.values[name]?.[name]
    const userId = given?.selected_user
    const text = userId ? `<@${userId}>` : (given?.selected_option?.value ?? given?.value)
    if (text) fields[name] = text
  }
  return fields
}

const responseTo = (next: Next) =>
  'view' in next
    ? ({ response_action: 'update', view: next.view } as const)
    : ({ response_action: 'errors', errors: { ...next.problems } } as const)

/** Once it is acknowledged, a form cannot be sent back any more. */
const viewOf = (next: Next): types.ModalView => ('view' in next ? next.view : problemsModal(next.problems))

const problemsModal = (problems: Problems): types.ModalView => noticeModal(Object.values(problems).join(' '))
