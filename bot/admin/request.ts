import { z } from 'zod'
import { ADMIN_ACTION_NAMES, type AdminActionName } from './action.ts'
import { FIELD_NAMES, type Fields } from './fields.ts'

/** What a button or a form carries until it is confirmed. It proves nothing: all of it is checked again. */
export interface AdminRequest {
  /** Makes of a second click, or a second delivery, the same write. */
  readonly id: string
  readonly action: AdminActionName
  readonly fields: Fields
}

const shape = z.strictObject({
  id: z.uuid(),
  action: z.enum(ADMIN_ACTION_NAMES),
  fields: z.partialRecord(z.enum(FIELD_NAMES), z.string()),
})

export const writeRequest = (request: AdminRequest): string => JSON.stringify(request)

/** Undefined for what no button or form of ours carries. */
export function readRequest(text: string | undefined): AdminRequest | undefined {
  const parsed = shape.safeParse(parseJson(text ?? ''))
  return parsed.success ? parsed.data : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // It is refused like any other text that is no request.
    return undefined
  }
}
