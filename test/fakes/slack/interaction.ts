import { z } from 'zod'
import type { Fields } from './calls.ts'
import { checkResponse, checkView } from './methods/content.ts'
import { add, replace } from './methods/views.ts'
import { show } from './response-urls.ts'
import type { ResponseAddress, State, StoredMessage, StoredView } from './state.ts'
import type { Acknowledgement, Delivery, Transport } from './transports.ts'

/** Something a person did, and what came of it. */
export class Interaction {
  readonly acknowledgement: Acknowledgement
  private readonly happened: Happened
  private readonly send: () => Promise<Interaction>

  constructor(acknowledgement: Acknowledgement, happened: Happened, send: () => Promise<Interaction>) {
    this.acknowledgement = acknowledgement
    this.happened = happened
    this.send = send
  }

  /** What the person was answered with: at once, or to the `response_url`; the first, or the one of that index. */
  async message(index = 0): Promise<StoredMessage> {
    const { status } = this.acknowledgement
    if (status !== 200) throw new Error(`Slack shows a failure: the app answered ${status}.`)
    const { state, address } = this.happened
    if (address === undefined) throw new Error('A view has no response_url.')
    return state.changes.until(() => address.answers[index], `answer ${index + 1} to the person`)
  }

  /** What the person was answered with so far. */
  messages(): readonly StoredMessage[] {
    return this.happened.address?.answers ?? []
  }

  /** The modal that came of it: opened with its trigger, or the answer to a submission. */
  async view(): Promise<StoredView> {
    const { state, triggerId, answered } = this.happened
    return state.changes.until(
      () => answered ?? [...state.views.values()].find((view) => view.triggerId === triggerId),
      'a modal',
    )
  }

  /** The same delivery once more, as Slack's retries and double clicks bring it. */
  again(): Promise<Interaction> {
    return this.send()
  }
}

interface Happened {
  readonly state: State
  readonly triggerId: string | undefined
  readonly address: ResponseAddress | undefined
  /** The modal that the acknowledgement of a submission shows. */
  readonly answered: StoredView | undefined
}

export interface Act {
  readonly delivery: Delivery
  readonly triggerId: string | undefined
  readonly address?: ResponseAddress | undefined
  /** The modal that is submitted. */
  readonly submitted?: StoredView
}

/** Delivers what a person did, and shows what the app acknowledges it with. */
export async function perform(state: State, transport: Transport, act: Act): Promise<Interaction> {
  const acknowledgement = await transport(act.delivery)
  const answered = acknowledgement.status === 200 ? take(state, act, acknowledgement.body) : undefined
  state.changes.notify()
  const happened = { state, triggerId: act.triggerId, address: act.address, answered }
  return new Interaction(acknowledgement, happened, () => perform(state, transport, act))
}

function take(state: State, { delivery, address, submitted }: Act, body: unknown): StoredView | undefined {
  if (submitted !== undefined) return takeSubmission(state, submitted, body)
  if (body === undefined) return undefined
  if (delivery.kind === 'slash_commands' && address !== undefined) {
    const message = typeof body === 'string' ? { text: body } : (body as Fields)
    show(state, address, checkResponse(state, 'the answer to a command', message))
  } else {
    state.violate(`Slack shows nobody what a request of ${delivery.kind} is acknowledged with`)
  }
  return undefined
}

const submissionAnswer = z.discriminatedUnion('response_action', [
  z.strictObject({ response_action: z.literal('errors'), errors: z.record(z.string(), z.string().min(1)) }),
  z.strictObject({ response_action: z.literal('clear') }),
  z.strictObject({ response_action: z.literal('update'), view: z.record(z.string(), z.unknown()) }),
  z.strictObject({ response_action: z.literal('push'), view: z.record(z.string(), z.unknown()) }),
])

function takeSubmission(state: State, submitted: StoredView, body: unknown): StoredView | undefined {
  submitted.errors = {}
  if (body === undefined) {
    submitted.isOpen = false
    return undefined
  }
  const answer = submissionAnswer.parse(body)
  switch (answer.response_action) {
    case 'errors':
      for (const id of Object.keys(answer.errors)) {
        const isInput = submitted.content.blocks.some(
          (block) => block.type === 'input' && block.block_id === id,
        )
        if (!isInput) state.violate(`errors of a submission: the view has no input block ${id}`)
      }
      submitted.errors = answer.errors
      return submitted
    case 'clear':
      for (const view of state.views.values()) if (view.rootId === submitted.rootId) view.isOpen = false
      return undefined
    case 'update':
      replace(state, submitted, checkView(state, 'update of a submitted view', answer.view))
      return submitted
    case 'push':
      return add(state, checkView(state, 'push upon a submitted view', answer.view), {
        userId: submitted.userId,
        teamId: submitted.teamId,
        triggerId: undefined,
        below: submitted,
      })
    default:
      return answer satisfies never
  }
}
