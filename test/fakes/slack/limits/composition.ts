import { z } from 'zod'

/** Slack's limits, as its documentation gives them: what breaks one, Slack answers `invalid_blocks`. */

export const text = (longest: number) => z.string().min(1).max(longest)

export const plainText = (longest: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: text(longest), emoji: z.boolean().optional() })

export const mrkdwn = (longest: number) =>
  z.strictObject({ type: z.literal('mrkdwn'), text: text(longest), verbatim: z.boolean().optional() })

export const anyText = (longest: number) =>
  z.discriminatedUnion('type', [plainText(longest), mrkdwn(longest)])

/** Slack fetches it from the internet; in tests it may lie on this machine. */
export const webAddress = z
  .url()
  .max(3000)
  .refine(
    (address) => /^https:|^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(address),
    'must be an https address',
  )

export const confirmation = z.strictObject({
  title: plainText(100).optional(),
  text: anyText(300),
  confirm: plainText(30).optional(),
  deny: plainText(30).optional(),
  style: z.enum(['primary', 'danger']).optional(),
})

/** A choice in a select, whose text has no markup. */
export const option = z.strictObject({
  text: plainText(75),
  value: text(150),
  description: plainText(75).optional(),
})

/** A choice in check boxes or radio buttons. */
export const markedOption = z.strictObject({
  text: anyText(75),
  value: text(150),
  description: anyText(75).optional(),
})

export const overflowOption = z.strictObject({
  text: plainText(75),
  value: text(150),
  description: plainText(75).optional(),
  url: webAddress.optional(),
})

export const blockId = z.string().min(1).max(255).optional()

/** Whether each is there once; those that are missing do not count. */
export const areUnique = (values: readonly (string | undefined)[]): boolean => {
  const given = values.filter((value) => value !== undefined)
  return new Set(given).size === given.length
}
