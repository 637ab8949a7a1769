import { z } from 'zod'
import { plainText, text } from './composition.ts'
import { messageBlocks, viewBlocks } from './blocks.ts'

const metadata = z.strictObject({
  event_type: text(255),
  event_payload: z.record(z.string(), z.unknown()),
})

/** What a message may carry, however it is sent. Screen readers and notifications have nothing but the text. */
const content = {
  text: text(40_000),
  blocks: messageBlocks.optional(),
  metadata: metadata.optional(),
}

/** What a command is answered with, or a `response_url` takes. */
const response = z.union([
  z.strictObject({ delete_original: z.literal(true) }),
  z.strictObject({
    ...content,
    response_type: z.enum(['ephemeral', 'in_channel']).optional(),
    replace_original: z.boolean().optional(),
    unfurl_links: z.boolean().optional(),
    unfurl_media: z.boolean().optional(),
  }),
])

const ephemeral = z.strictObject({
  text: content.text,
  blocks: messageBlocks,
  response_type: z.literal('ephemeral'),
  replace_original: z.literal(false).optional(),
})

const common = {
  callback_id: z.string().max(255).optional(),
  private_metadata: z.string().max(3000).optional(),
  external_id: z.string().max(255).optional(),
  blocks: viewBlocks,
}

const modal = z
  .strictObject({
    ...common,
    type: z.literal('modal'),
    title: plainText(24),
    submit: plainText(24).optional(),
    close: plainText(24).optional(),
    clear_on_close: z.boolean().optional(),
    notify_on_close: z.boolean().optional(),
    submit_disabled: z.boolean().optional(),
  })
  .refine(
    (view) => view.submit !== undefined || view.blocks.every((block) => block.type !== 'input'),
    'a modal with inputs needs a submit button',
  )

const home = z.strictObject({ ...common, type: z.literal('home') })

export type CheckedMessage = z.infer<typeof ephemeral>
export type CheckedResponse = z.infer<typeof response>
export type CheckedModal = z.infer<typeof modal>
export type CheckedHome = z.infer<typeof home>
export type CheckedView = CheckedModal | CheckedHome

/** The message, if Slack would show it, and to who asked only. */
export const checkMessage = (value: unknown): CheckedMessage => ephemeral.parse(value)

/** What is wrong with a message, a modal or a home; empty where Slack would show it. */
export const problemsOf = {
  content: (value: unknown): string[] => problems(z.strictObject(content), value),
  response: (value: unknown): string[] =>
    problems(isDeletion(value) ? response.options[0] : response.options[1], value),
  modal: (value: unknown): string[] => problems(modal, value),
  home: (value: unknown): string[] => problems(home, value),
}

const isDeletion = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'delete_original' in value

const problems = (schema: z.ZodType, value: unknown): string[] =>
  schema.safeParse(value).error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? []
