import { type Fraction, fraction } from '../src/rates/fraction.ts'

/** Chunks before the audio itself are few and small; what is longer is no file to measure by its header. */
export const WAVE_HEADER_BYTES = 64 * 1024

const UNKNOWN_SIZE = 0xffff_ffff

/**
 * How long a WAV file plays, by its header, in seconds. A file written by a pipe states no size: then the bytes
 * that are there count. Undefined for what is no WAV file.
 *
 * @param head the first bytes of the file, `WAVE_HEADER_BYTES` are enough
 * @param fileBytes the size of the whole file
 */
export function waveDuration(head: Uint8Array, fileBytes: number): Fraction | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (tagAt(view, 0) !== 'RIFF' || tagAt(view, 8) !== 'WAVE') return undefined
  let bytesPerSecond = 0
  for (let at = 12; at + 8 <= view.byteLength;) {
    const tag = tagAt(view, at)
    const size = view.getUint32(at + 4, true)
    const content = at + 8
    if (tag === 'fmt ' && content + 12 <= view.byteLength) bytesPerSecond = view.getUint32(content + 8, true)
    if (tag === 'data') {
      if (bytesPerSecond === 0) return undefined
      const there = Math.max(0, fileBytes - content)
      return fraction(
        BigInt(size === UNKNOWN_SIZE || size === 0 ? there : Math.min(size, there)),
        BigInt(bytesPerSecond),
      )
    }
    // Chunks start at even offsets.
    at = content + size + (size % 2)
  }
  return undefined
}

const tagAt = (view: DataView, at: number): string =>
  at + 4 <= view.byteLength
    ? String.fromCharCode(
        view.getUint8(at),
        view.getUint8(at + 1),
        view.getUint8(at + 2),
        view.getUint8(at + 3),
      )
    : ''
