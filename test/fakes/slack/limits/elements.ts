import { z } from 'zod'
import {
  confirmation,
  markedOption,
  option,
  overflowOption,
  plainText,
  text,
  webAddress,
} from './composition.ts'

const actionId = z.string().min(1).max(255)
const placeholder = plainText(150).optional()
const acting = { action_id: actionId, confirm: confirmation.optional() }
const typing = {
  action_id: actionId,
  placeholder,
  focus_on_load: z.boolean().optional(),
  dispatch_action_config: z
    .strictObject({ trigger_actions_on: z.array(z.enum(['on_enter_pressed', 'on_character_entered'])) })
    .optional(),
}
const choosing = { ...acting, placeholder, focus_on_load: z.boolean().optional() }

const options = z.array(option).min(1).max(100)
const optionGroups = z
  .array(z.strictObject({ label: plainText(75), options }))
  .min(1)
  .max(100)
const staticChoice = { options: options.optional(), option_groups: optionGroups.optional() }

const isEitherList = (select: { options?: unknown; option_groups?: unknown }): boolean =>
  (select.options === undefined) !== (select.option_groups === undefined)

const EITHER_LIST = 'needs either options or option_groups'

export const button = z.strictObject({
  type: z.literal('button'),
  ...acting,
  text: plainText(75),
  value: z.string().max(2000).optional(),
  url: webAddress.optional(),
  style: z.enum(['primary', 'danger']).optional(),
  accessibility_label: text(75).optional(),
})

const INITIAL = 'must be one of the options'

const staticSelect = z
  .strictObject({
    type: z.literal('static_select'),
    ...choosing,
    ...staticChoice,
    initial_option: option.optional(),
  })
  .refine(isEitherList, EITHER_LIST)
  .refine(
    ({ initial_option: initial, ...select }) =>
      initial === undefined ||
      [...(select.options ?? []), ...(select.option_groups ?? []).flatMap((group) => group.options)].some(
        ({ value }) => value === initial.value,
      ),
    INITIAL,
  )

const multiStaticSelect = z
  .strictObject({
    type: z.literal('multi_static_select'),
    ...choosing,
    ...staticChoice,
    initial_options: z.array(option).min(1).optional(),
    max_selected_items: z.int().min(1).optional(),
  })
  .refine(isEitherList, EITHER_LIST)

const usersSelect = z.strictObject({
  type: z.literal('users_select'),
  ...choosing,
  initial_user: z.string().min(1).optional(),
})

const conversationsSelect = z.strictObject({
  type: z.literal('conversations_select'),
  ...choosing,
  initial_conversation: z.string().min(1).optional(),
  default_to_current_conversation: z.boolean().optional(),
  response_url_enabled: z.boolean().optional(),
  filter: z
    .strictObject({
      include: z
        .array(z.enum(['im', 'mpim', 'private', 'public']))
        .min(1)
        .optional(),
      exclude_external_shared_channels: z.boolean().optional(),
      exclude_bot_users: z.boolean().optional(),
    })
    .optional(),
})

const isDay = /^\d{4}-\d{2}-\d{2}$/

const datepicker = z.strictObject({
  type: z.literal('datepicker'),
  ...choosing,
  initial_date: z.string().regex(isDay).optional(),
})

const timepicker = z.strictObject({
  type: z.literal('timepicker'),
  ...choosing,
  initial_time: z
    .string()
    .regex(/^\d{2}:\d{2}$/)
    .optional(),
  timezone: text(100).optional(),
})

const checkboxes = z.strictObject({
  type: z.literal('checkboxes'),
  ...acting,
  focus_on_load: z.boolean().optional(),
  options: z.array(markedOption).min(1).max(10),
  initial_options: z.array(markedOption).min(1).max(10).optional(),
})

const radioButtons = z
  .strictObject({
    type: z.literal('radio_buttons'),
    ...acting,
    focus_on_load: z.boolean().optional(),
    options: z.array(markedOption).min(1).max(10),
    initial_option: markedOption.optional(),
  })
  .refine(
    ({ initial_option: initial, options: choices }) =>
      initial === undefined || choices.some(({ value }) => value === initial.value),
    INITIAL,
  )

const overflow = z.strictObject({
  type: z.literal('overflow'),
  ...acting,
  options: z.array(overflowOption).min(1).max(5),
})

const plainTextInput = z.strictObject({
  type: z.literal('plain_text_input'),
  ...typing,
  initial_value: z.string().optional(),
  multiline: z.boolean().optional(),
  min_length: z.int().min(0).max(3000).optional(),
  max_length: z.int().min(1).max(3000).optional(),
})

const numberInput = z.strictObject({
  type: z.literal('number_input'),
  ...typing,
  is_decimal_allowed: z.boolean(),
  initial_value: z.string().optional(),
  min_value: z.string().optional(),
  max_value: z.string().optional(),
})

export const image = z
  .strictObject({
    type: z.literal('image'),
    alt_text: text(2000),
    image_url: webAddress.optional(),
    slack_file: z.strictObject({ id: text(100).optional(), url: webAddress.optional() }).optional(),
  })
  .refine(
    (shown) => (shown.image_url === undefined) !== (shown.slack_file === undefined),
    'needs either image_url or slack_file',
  )

const SELECTS = [staticSelect, multiStaticSelect, usersSelect, conversationsSelect] as const
const PICKERS = [datepicker, timepicker, checkboxes, radioButtons] as const

/** Beside a section's text. */
export const accessory = z.discriminatedUnion('type', [button, image, overflow, ...SELECTS, ...PICKERS])

/** In a row of an `actions` block. */
export const action = z.discriminatedUnion('type', [button, overflow, ...SELECTS, ...PICKERS])

/** In an `input` block. */
export const input = z.discriminatedUnion('type', [plainTextInput, numberInput, ...SELECTS, ...PICKERS])
