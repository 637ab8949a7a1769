import { z } from 'zod'

/** Slack's limits for a message, as its documentation gives them: what breaks one, Slack answers `invalid_blocks`. */
const plainText = (longest: number) =>
  z.object({ type: z.literal('plain_text'), text: z.string().min(1).max(longest) })
const mrkdwn = (longest: number) =>
  z.object({ type: z.literal('mrkdwn'), text: z.string().min(1).max(longest) })

const block = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), text: plainText(150) }),
  z
    .strictObject({
      type: z.literal('section'),
      text: mrkdwn(3000).optional(),
      fields: z.array(mrkdwn(2000)).min(1).max(10).optional(),
    })
    .refine(
      (section) => section.text !== undefined || section.fields !== undefined,
      'needs a text or fields',
    ),
  z.strictObject({ type: z.literal('context'), elements: z.array(mrkdwn(3000)).min(1).max(10) }),
])

const message = z.strictObject({
  response_type: z.literal('ephemeral'),
  /** Screen readers and notifications have nothing else. */
  text: z.string().min(1).max(40_000),
  blocks: z.array(block).min(1).max(50),
})

export type CheckedMessage = z.infer<typeof message>

/** The message, if Slack would show it, and to who asked only. */
export const checkMessage = (value: unknown): CheckedMessage => message.parse(value)
