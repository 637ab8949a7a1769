export type JsonObject = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A member of a JSON value, `{}` where there is no object of that name: for reading answers of any shape. */
export function objectAt(value: unknown, name: string): JsonObject {
  const member = isObject(value) ? value[name] : undefined
  return isObject(member) ? member : {}
}

/** The objects in an array member, none where there is no array. */
export function objectsAt(value: unknown, name: string): JsonObject[] {
  const member = isObject(value) ? value[name] : undefined
  return Array.isArray(member) ? member.filter(isObject) : []
}

export function stringAt(value: unknown, name: string): string | undefined {
  const member = isObject(value) ? value[name] : undefined
  return typeof member === 'string' ? member : undefined
}

/** Parses an object; undefined for text that is none. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    // An answer that is no JSON states no usage: the caller of this decides what that means.
    return undefined
  }
}
