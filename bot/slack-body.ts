export type SlackBody = Readonly<Record<string, unknown>>

/**
 * Reads what Slack posts: JSON (events), a form (commands), or a form whose `payload` is JSON (buttons, modals).
 * Undefined where it is none of them.
 */
export function parseSlackBody(bytes: Uint8Array, contentType: string | undefined): SlackBody | undefined {
  const text = new TextDecoder().decode(bytes)
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (mediaType !== 'application/x-www-form-urlencoded') return parseObject(text)
  const form = Object.fromEntries(new URLSearchParams(text))
  // A certificate check is not signed: whatever else it carries is not looked at.
  if (form['ssl_check'] === '1') return { ssl_check: '1' }
  return form['payload'] === undefined ? form : parseObject(form['payload'])
}

function parseObject(text: string): SlackBody | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as SlackBody)
      : undefined
  } catch {
    // Malformed JSON is the sender's mistake; the caller answers it with 400.
    return undefined
  }
}
