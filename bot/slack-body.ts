export type SlackBody = Readonly<Record<string, unknown>>

/**
 * Whether this is Slack's check of the certificate of a command's URL. It is not signed: nothing else that it
 * carries may be used.
 */
export const isCertificateCheck = (bytes: Uint8Array, contentType: string | undefined): boolean =>
  isForm(contentType) && readForm(bytes)['ssl_check'] === '1'

/**
 * Reads what Slack posts: JSON (events), a form (commands), or a form whose `payload` is JSON (buttons, modals).
 * Undefined where it is none of them.
 */
export function parseSlackBody(bytes: Uint8Array, contentType: string | undefined): SlackBody | undefined {
  if (!isForm(contentType)) return parseObject(decode(bytes))
  const form = readForm(bytes)
  return form['payload'] === undefined ? form : parseObject(form['payload'])
}

const isForm = (contentType: string | undefined): boolean =>
  contentType?.split(';', 1)[0]?.trim().toLowerCase() === 'application/x-www-form-urlencoded'

const readForm = (bytes: Uint8Array): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(decode(bytes)))

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

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
