import { z } from 'zod'
import { areUnique, blockId, text } from './composition.ts'
import { richText } from './rich-text.ts'

const COLUMNS_MAX = 20
/** Over all the cells of a table. */
const CHARACTERS_MAX = 10_000

const words = z.strictObject({ type: z.literal('raw_text'), text: text(CHARACTERS_MAX) })
const number = z.strictObject({ type: z.literal('raw_number'), value: z.number(), text: text(100) })
const cell = z.discriminatedUnion('type', [words, number, richText])
const row = z.array(cell).min(1).max(COLUMNS_MAX)

type Row = z.infer<typeof row>

const isRectangle = (rows: readonly Row[]): boolean => rows.every((cells) => cells.length === rows[0]?.length)

const isSmall = (rows: readonly Row[]): boolean =>
  rows.flat().reduce((sum, shown) => sum + charactersOf(shown), 0) <= CHARACTERS_MAX

const charactersOf = (shown: unknown): number => {
  if (typeof shown !== 'object' || shown === null) return 0
  return Object.entries(shown).reduce(
    (sum, [name, value]) =>
      sum + (name === 'text' && typeof value === 'string' ? value.length : charactersOf(value)),
    0,
  )
}

const RECTANGLE = 'every row needs as many cells as the first'
const SMALL = `a table has at most ${CHARACTERS_MAX} characters`

export const table = z.strictObject({
  type: z.literal('table'),
  block_id: blockId,
  rows: z.array(row).min(1).max(100).refine(isRectangle, RECTANGLE).refine(isSmall, SMALL),
  column_settings: z
    .array(
      z
        .strictObject({
          align: z.enum(['left', 'center', 'right']).optional(),
          is_wrapped: z.boolean().optional(),
        })
        .nullable(),
    )
    .max(COLUMNS_MAX)
    .optional(),
})

export const dataTable = z.strictObject({
  type: z.literal('data_table'),
  block_id: blockId,
  caption: text(3000),
  /** The first is the header. */
  rows: z
    .array(row)
    .min(2)
    .max(101)
    .refine(isRectangle, RECTANGLE)
    .refine(isSmall, SMALL)
    .refine(
      ([header]) => header?.every((shown) => shown.type !== 'rich_text') ?? true,
      'a header holds no rich_text',
    ),
  page_size: z.int().min(1).max(100).optional(),
  row_header_column_index: z
    .int()
    .min(0)
    .max(COLUMNS_MAX - 1)
    .optional(),
})

const LABEL_MAX = 20
const SERIES_MAX = 6
const CATEGORIES_MAX = 20

const point = z.strictObject({ label: text(LABEL_MAX), value: z.number() })

const series = z
  .array(z.strictObject({ name: text(LABEL_MAX), data: z.array(point).min(1).max(CATEGORIES_MAX) }))
  .min(1)
  .max(SERIES_MAX)
  .refine((all) => areUnique(all.map(({ name }) => name)), 'names of series must differ')

const axes = z.strictObject({
  categories: z.array(text(LABEL_MAX)).min(1).max(CATEGORIES_MAX),
  x_label: text(50).optional(),
  y_label: text(50).optional(),
})

const plotted = <Kind extends string>(kind: Kind) =>
  z
    .strictObject({ type: z.literal(kind), series, axis_config: axes })
    .refine(
      (chart) =>
        chart.series.every(
          ({ data }) =>
            data.length === chart.axis_config.categories.length &&
            data.every(({ label }, index) => label === chart.axis_config.categories[index]),
        ),
      'the labels of each series must be the categories',
    )

/** Slack's own charts, which `@slack/types` does not know yet. */
export const dataVisualization = z.strictObject({
  type: z.literal('data_visualization'),
  block_id: blockId,
  title: text(50),
  chart: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('pie'),
      segments: z
        .array(z.strictObject({ label: text(LABEL_MAX), value: z.number().positive() }))
        .min(1)
        .max(SERIES_MAX),
    }),
    plotted('bar'),
    plotted('area'),
    plotted('line'),
  ]),
})
