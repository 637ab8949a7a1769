import { isObject, type JsonObject, objectAt, objectsAt, stringAt } from '../../json.ts'
import type { EventReader, UsageReport } from '../../provider.ts'
import { NOTHING_USED, readJsonEvents } from '../answer.ts'
import { plainPieces } from './plain-piece.ts'

const USAGE_NULL = /,\s*"usage":\s*null(?=\s*[,}])/

/**
 * Reads the chunks of a chat completion, or of a completion.
 *
 * @param asked whether the usage was asked for by us, and is to be kept from the caller
 * @param written how many bytes of text a choice brings
 */
export function readChatEvents(
  asked: boolean,
  readUsage: (answer: JsonObject) => UsageReport | undefined,
  estimateWritten: (bytes: number, providerId?: string) => UsageReport,
  written: (choice: JsonObject) => number,
): EventReader {
  let bytes = 0
  let id: string | undefined
  let report: UsageReport | undefined
  const plainPiece = plainPieces()
  return readJsonEvents(
    {
      skim(data) {
        const piece = plainPiece(data)
        if (!piece) return undefined
        bytes += Buffer.byteLength(piece.text)
        return asked ? piece.withoutUsage : data
      },
      follow(chunk, data) {
        id ??= stringAt(chunk, 'id')
        const choices = objectsAt(chunk, 'choices')
        for (const choice of choices) bytes += written(choice)
        // Some servers count up in every chunk: the last one holds.
        report = readUsage(chunk) ?? (isObject(chunk['error']) && bytes === 0 ? NOTHING_USED : report)
        if (!asked) return data
        return isObject(chunk['usage']) && choices.length === 0 ? undefined : data.replace(USAGE_NULL, '')
      },
      report: () => report,
      estimate: () => estimateWritten(bytes, id),
      complete: () => false,
    },
    asked,
  )
}

export const statesUsage = (body: JsonObject): boolean =>
  objectAt(body, 'stream_options')['include_usage'] === true

/** The body as it came, and what asks for the usage: to write it anew takes long, and loses digits of long numbers. */
export function askForUsage(text: string, body: JsonObject): string {
  const stream_options = { ...objectAt(body, 'stream_options'), include_usage: true }
  if ('stream_options' in body) return JSON.stringify({ ...body, stream_options })
  const end = text.lastIndexOf('}')
  return `${text.slice(0, end)},"stream_options":${JSON.stringify(stream_options)}${text.slice(end)}`
}

export const positiveInteger = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined
