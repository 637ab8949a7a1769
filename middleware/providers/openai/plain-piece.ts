const OPENING = '"delta":{"content":"'
const NO_USAGE = ',"usage":null'

/** What surrounds the text in a stream's chunks: the same in nearly all of them. */
interface Frame {
  readonly before: string
  /** From the end of the text to the end of the `"usage":null`, or of the chunk where it has none. */
  readonly after: string
  /** How much of that is not the usage. */
  readonly afterLength: number
}

/** A chunk that brings a piece of text and nothing else that matters. */
export interface PlainPiece {
  readonly text: string
  /** The chunk without its `"usage":null`: as it comes where nobody asks for the usage. */
  readonly withoutUsage: string
}

/**
 * Recognises nearly all chunks of a streamed chat without parsing them, which costs more than all else that is done
 * with a chunk: as those that have the frame of one that was looked at closely. A quote inside a JSON string is
 * escaped, so what is looked for is found only where it is a member.
 *
 * Its answer is undefined for a chunk that has to be parsed: any that differs from what is expected here.
 */
export function plainPieces(): (data: string) => PlainPiece | undefined {
  let frame: Frame | undefined
  return (data) => {
    if (!frame || data.slice(0, frame.before.length) !== frame.before) frame = frameOf(data)
    if (!frame) return undefined
    const { before, after, afterLength } = frame
    const end = data.indexOf('"', before.length)
    const text = data.slice(before.length, end)
    if (text.includes('\\')) return undefined
    if (data.slice(end, end + after.length) !== after) {
      frame = undefined
      return undefined
    }
    const rest = data.slice(end + after.length)
    // Padding may follow; nothing else that has to be read.
    if (rest !== '}' && rest !== '' && /"(delta|usage|error)"/.test(rest)) return undefined
    return { text, withoutUsage: data.slice(0, end + afterLength) + rest }
  }
}

function frameOf(data: string): Frame | undefined {
  const opening = data.indexOf(OPENING)
  if (opening === -1) return undefined
  const start = opening + OPENING.length
  const before = data.slice(0, start)
  const end = data.indexOf('"', start)
  // The content is to be all of the delta, and the text without escapes.
  if (end === -1 || data[end + 1] !== '}' || data.slice(start, end).includes('\\')) return undefined
  const rest = data.slice(end)
  if (/"(usage|error)"/.test(before) || /"(delta|error)"/.test(rest)) return undefined
  if (!rest.includes('"usage"')) return { before: copy(before), after: copy(rest), afterLength: rest.length }
  const usage = rest.indexOf(NO_USAGE)
  const usageEnd = usage + NO_USAGE.length
  if (usage === -1 || (rest[usageEnd] !== ',' && rest[usageEnd] !== '}')) return undefined
  return { before: copy(before), after: copy(rest.slice(0, usageEnd)), afterLength: usage }
}

/** A text of its own: a slice keeps all of the chunk that it is from, and takes three times as long to compare. */
const copy = (text: string): string => Buffer.from(text).toString()
