import type { Fields } from '../calls.ts'
import type { MessageBlock } from '../limits/blocks.ts'
import { type CheckedResponse, type CheckedView, problemsOf } from '../limits/surfaces.ts'
import { Refusal } from '../refusal.ts'
import type { State, StoredMessage } from '../state.ts'

export interface Content {
  readonly text: string
  readonly blocks?: MessageBlock[]
  readonly metadata?: NonNullable<StoredMessage['metadata']>
}

/** Refuses what Slack would not show, and lets the test hear of it. */
export function checkContent(state: State, method: string, { text, blocks, metadata }: Fields): Content {
  refuseCharts(state, blocks)
  const content = {
    text,
    ...(blocks === undefined ? {} : { blocks }),
    ...(metadata === undefined ? {} : { metadata }),
  }
  refuse(state, method, 'invalid_blocks', problemsOf.content(content))
  return content as Content
}

/** The same for what a command is answered with, or is posted to a `response_url`. */
export function checkResponse(state: State, where: string, body: Fields): CheckedResponse {
  refuseCharts(state, body['blocks'])
  refuse(state, where, 'invalid_blocks', problemsOf.response(body))
  return body as CheckedResponse
}

export function checkView(state: State, method: string, view: Fields): CheckedView {
  const problems = view['type'] === 'home' ? problemsOf.home(view) : problemsOf.modal(view)
  refuse(state, method, 'invalid_arguments', problems)
  return view as CheckedView
}

function refuseCharts({ hasCharts }: State, blocks: unknown): void {
  const shown = Array.isArray(blocks) ? (blocks as Fields[]) : []
  if (!hasCharts && shown.some((block) => block['type'] === 'data_visualization')) {
    throw new Refusal('invalid_blocks', ['data_visualization is not available here'])
  }
}

function refuse(state: State, where: string, code: string, problems: readonly string[]): void {
  if (problems.length === 0) return
  for (const problem of problems) state.violate(`${where}: ${problem}`)
  throw new Refusal(code, problems)
}
