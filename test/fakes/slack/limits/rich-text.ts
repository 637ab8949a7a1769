import { z } from 'zod'
import { blockId, text, webAddress } from './composition.ts'

const style = z
  .strictObject({
    bold: z.boolean().optional(),
    italic: z.boolean().optional(),
    strike: z.boolean().optional(),
    code: z.boolean().optional(),
  })
  .optional()

const words = z.strictObject({ type: z.literal('text'), text: text(10_000), style })
const link = z.strictObject({ type: z.literal('link'), url: webAddress, text: text(3000).optional(), style })

const element = z.discriminatedUnion('type', [
  words,
  link,
  z.strictObject({ type: z.literal('emoji'), name: text(100), unicode: text(100).optional(), style }),
  z.strictObject({ type: z.literal('user'), user_id: text(50), style }),
  z.strictObject({ type: z.literal('channel'), channel_id: text(50), style }),
  z.strictObject({
    type: z.literal('date'),
    timestamp: z.int(),
    format: text(200),
    url: webAddress.optional(),
    fallback: text(200).optional(),
    style,
  }),
])

const section = z.strictObject({ type: z.literal('rich_text_section'), elements: z.array(element).min(1) })
const border = z.union([z.literal(0), z.literal(1)]).optional()

export const richText = z.strictObject({
  type: z.literal('rich_text'),
  block_id: blockId,
  elements: z
    .array(
      z.discriminatedUnion('type', [
        section,
        z.strictObject({
          type: z.literal('rich_text_list'),
          style: z.enum(['bullet', 'ordered']),
          elements: z.array(section).min(1),
          indent: z.int().min(0).max(8).optional(),
          border,
        }),
        z.strictObject({ type: z.literal('rich_text_quote'), elements: z.array(element).min(1), border }),
        z.strictObject({
          type: z.literal('rich_text_preformatted'),
          elements: z.array(z.discriminatedUnion('type', [words, link])).min(1),
          border,
        }),
      ]),
    )
    .min(1),
})
