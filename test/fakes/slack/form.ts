import type { Fields } from './calls.ts'
import type { ShownBlock } from './limits/blocks.ts'

/** What a person enters or chooses, by action id; several for what takes several, null to empty it. */
export type Values = Readonly<Record<string, string | readonly string[] | null>>

/** A button, select or input. */
export type Element = Fields & { readonly type: string; readonly action_id: string }

export interface Placed {
  readonly element: Element
  readonly block: ShownBlock
}

/** All that a person can use in these blocks. */
export function elementsOf(blocks: readonly ShownBlock[]): Placed[] {
  return blocks.flatMap((block) => usableIn(block).map((element) => ({ element, block })))
}

function usableIn(block: ShownBlock): readonly Element[] {
  if (block.type === 'actions') return block.elements
  if (block.type === 'input') return [block.element]
  const accessory = block.type === 'section' ? block.accessory : undefined
  return accessory === undefined || accessory.type === 'image' ? [] : [accessory]
}

/**
 * The state of a view's inputs as Slack sends it: what was entered, else what stood there from the start.
 *
 * @throws Error for what the view has no input for, or what Slack would not let be submitted
 */
export function stateOf(blocks: readonly ShownBlock[], values: Values, isSubmitted: boolean): Fields {
  const placed = elementsOf(blocks).filter(({ element }) => element.type !== 'button')
  const unknown = Object.keys(values).filter((id) => placed.every(({ element }) => element.action_id !== id))
  if (unknown.length > 0) throw new Error(`The view has no input ${unknown.join(', ')}.`)
  const entries: Record<string, Fields> = {}
  for (const { element, block } of placed) {
    const { action_id: id } = element
    const entered = id in values ? use(element, values[id] ?? null) : initialOf(element)
    if (isSubmitted && block.type === 'input' && block.optional !== true && isEmpty(entered)) {
      throw new Error(`Slack does not submit without a value for ${id}.`)
    }
    const blockId = block.block_id ?? ''
    entries[blockId] = { ...entries[blockId], [id]: { type: element.type, ...entered } }
  }
  return { values: entries }
}

/** What Slack sends of an element that a person used. */
export function use(element: Element, value: string | readonly string[] | null): Fields {
  const single = typeof value === 'string' ? value : null
  switch (element.type) {
    case 'plain_text_input':
    case 'number_input':
      if (single !== null) checkText(element, single)
      return { value: single }
    case 'static_select':
    case 'radio_buttons':
    case 'overflow':
      return { selected_option: single === null ? null : optionOf(element, single) }
    case 'multi_static_select':
    case 'checkboxes':
      return { selected_options: [value ?? []].flat().map((chosen) => optionOf(element, chosen)) }
    case 'users_select':
      return { selected_user: single }
    case 'conversations_select':
      return { selected_conversation: single }
    case 'datepicker':
      return { selected_date: single }
    case 'timepicker':
      return { selected_time: single }
    default:
      throw new Error(`Nobody can enter something into a ${element.type}.`)
  }
}

function initialOf(element: Element): Fields {
  switch (element.type) {
    case 'plain_text_input':
    case 'number_input':
      return { value: element['initial_value'] ?? null }
    case 'static_select':
    case 'radio_buttons':
      return { selected_option: element['initial_option'] ?? null }
    case 'multi_static_select':
    case 'checkboxes':
      return { selected_options: element['initial_options'] ?? [] }
    case 'users_select':
      return { selected_user: element['initial_user'] ?? null }
    case 'conversations_select':
      return { selected_conversation: element['initial_conversation'] ?? null }
    case 'datepicker':
      return { selected_date: element['initial_date'] ?? null }
    case 'timepicker':
      return { selected_time: element['initial_time'] ?? null }
    default:
      return {}
  }
}

function optionOf(element: Element, value: string): Fields {
  const groups = (element['option_groups'] ?? []) as { options: Fields[] }[]
  const options = [...((element['options'] ?? []) as Fields[]), ...groups.flatMap((group) => group.options)]
  const option = options.find((candidate) => candidate['value'] === value)
  if (option === undefined) throw new Error(`${element.action_id} has no option ${value}.`)
  return option
}

/** Slack's client does not let more, less or something else be entered. */
function checkText(element: Element, text: string): void {
  const { max_length: longest = 3000, min_length: shortest = 0 } = element as {
    max_length?: number
    min_length?: number
  }
  if (text.length > longest || text.length < shortest) {
    throw new Error(`${element.action_id} takes ${shortest} to ${longest} characters.`)
  }
  if (element.type === 'number_input' && !/^-?\d+(\.\d+)?$/.test(text)) {
    throw new Error(`${element.action_id} takes numbers only.`)
  }
}

const isEmpty = (entered: Fields): boolean =>
  Object.values(entered).every(
    (value) => value === null || value === '' || (Array.isArray(value) && value.length === 0),
  )
