import type { types } from '@slack/bolt'

type Element = types.ActionsBlock['elements'][number] | NonNullable<types.SectionBlock['accessory']>

/** A button or another thing to click, on one line. */
export function elementAsText(element: Element | types.InputBlock['element']): string {
  switch (element.type) {
    case 'button':
      return `[ ${element.text.text} ]${element.url === undefined ? '' : ` (${element.url})`}`
    case 'checkboxes':
      return element.options
        .map((option) => {
          const isOn = element.initial_options?.some(({ value }) => value === option.value) ?? false
          return `${isOn ? '☑' : '☐'} ${option.text.text}`
        })
        .join('  ')
    case 'radio_buttons':
      return element.options
        .map((option) => `${option.value === element.initial_option?.value ? '◉' : '○'} ${option.text.text}`)
        .join('  ')
    case 'static_select': {
      const first = element.initial_option?.text.text ?? element.placeholder?.text ?? element.type
      const others = element.options?.map((option) => option.text.text).join(' / ') ?? ''
      return `[ ${first} ▾ ] (${others})`
    }
    case 'overflow':
      return `[ … ] (${element.options.map((option) => option.text.text).join(' / ')})`
    case 'image':
      return `(picture: ${element.alt_text})`
    default:
      return `[ ${choice(element)} ]`
  }
}

/** A labelled field of a modal. */
export function inputAsText({ label, element, hint, optional }: types.InputBlock): string {
  const asides = [optional === true ? ' (optional)' : '', hint === undefined ? '' : `\n  ${hint.text}`]
  return `${label.text}${asides[0]}: ${elementAsText(element)}${asides[1]}`
}

/** What stands in a field that nobody has filled in, or what it was filled in with. */
function choice(element: object): string {
  for (const name of ['initial_value', 'initial_user', 'initial_date', 'initial_conversation']) {
    const value: unknown = Reflect.get(element, name)
    if (typeof value === 'string') return value
  }
  const placeholder: unknown = Reflect.get(element, 'placeholder')
  const isText = typeof placeholder === 'object' && placeholder !== null && 'text' in placeholder
  return isText ? String(placeholder.text) : '…'
}
