import { z } from 'zod'
import { anyText, areUnique, blockId, mrkdwn, plainText, text } from './composition.ts'
import { accessory, action, image, input } from './elements.ts'
import { richText } from './rich-text.ts'
import { dataTable, dataVisualization, table } from './tables.ts'

const section = z
  .strictObject({
    type: z.literal('section'),
    block_id: blockId,
    text: anyText(3000).optional(),
    fields: z.array(anyText(2000)).min(1).max(10).optional(),
    accessory: accessory.optional(),
    expand: z.boolean().optional(),
  })
  .refine((shown) => shown.text !== undefined || shown.fields !== undefined, 'needs a text or fields')

const imageBlock = z
  .strictObject({ ...image.shape, block_id: blockId, title: plainText(2000).optional() })
  .refine(
    (shown) => (shown.image_url === undefined) !== (shown.slack_file === undefined),
    'needs either image_url or slack_file',
  )

const actions = z.strictObject({
  type: z.literal('actions'),
  block_id: blockId,
  elements: z
    .array(action)
    .min(1)
    .max(25)
    .refine(
      (elements) => areUnique(elements.map((element) => element.action_id)),
      'action ids in a block must differ',
    ),
})

const inputBlock = z.strictObject({
  type: z.literal('input'),
  block_id: blockId,
  label: plainText(2000),
  hint: plainText(2000).optional(),
  optional: z.boolean().optional(),
  dispatch_action: z.boolean().optional(),
  element: input,
})

/** On every surface. */
const COMMON = [
  z.strictObject({ type: z.literal('header'), block_id: blockId, text: plainText(150) }),
  section,
  z.strictObject({ type: z.literal('divider'), block_id: blockId }),
  z.strictObject({
    type: z.literal('context'),
    block_id: blockId,
    elements: z
      .array(z.discriminatedUnion('type', [plainText(3000), mrkdwn(3000), image]))
      .min(1)
      .max(10),
  }),
  imageBlock,
  actions,
  richText,
] as const

const messageBlock = z.discriminatedUnion('type', [
  ...COMMON,
  table,
  dataTable,
  dataVisualization,
  z.strictObject({ type: z.literal('markdown'), block_id: blockId, text: text(12_000) }),
])

const viewBlock = z.discriminatedUnion('type', [...COMMON, inputBlock])

const haveUniqueIds = (blocks: readonly { block_id?: string | undefined }[]): boolean =>
  areUnique(blocks.map((block) => block.block_id))

const UNIQUE_IDS = 'block ids must differ'

const atMost =
  (type: string, most: number) =>
  (blocks: readonly { type: string }[]): boolean =>
    blocks.filter((block) => block.type === type).length <= most

export const messageBlocks = z
  .array(messageBlock)
  .min(1)
  .max(50)
  .refine(haveUniqueIds, UNIQUE_IDS)
  .refine(atMost('table', 1), 'a message has at most one table')
  .refine(atMost('data_visualization', 2), 'a message has at most two charts')

export const viewBlocks = z.array(viewBlock).min(1).max(100).refine(haveUniqueIds, UNIQUE_IDS)

export type MessageBlock = z.infer<typeof messageBlock>
export type ViewBlock = z.infer<typeof viewBlock>
export type ShownBlock = MessageBlock | ViewBlock
