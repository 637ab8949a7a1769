import { setImmediate as nextTurnOfLoop } from 'node:timers/promises'
import { type Fraction, parseFraction } from '../src/rates/fraction.ts'

/**
 * The parser gets a file in pieces of this size, and between two of them the process does other work. It goes
 * through a piece without a pause, by steps of as little as 4 bytes in a file made for that: about 10 ms.
 */
const PIECE_BYTES = 8 * 1024
const READ_BYTES = 1024 * 1024

/** Given whole, a file of 25 MB made of empty blocks kept the process busy for 15 s. Real ones take some 50 ms. */
const MAX_PARSE_MS = 2000

/** Uncompressed sound of 8 channels of 32 bits at 192 kHz: a file of more bytes a second does not play what it says. */
const MOST_BYTES_PER_SECOND = 6_144_000

/** A month: nobody sends more at once, so a longer time is no length of audio. */
export const MAX_AUDIO_SECONDS = 31 * 24 * 60 * 60

/**
 * How long an audio file plays, in seconds, by its header, or by counting its frames where the header does not
 * say: MP3, MP4, Ogg, WebM, FLAC, WAV and others. Undefined for what cannot be measured, and for garbage.
 */
export async function measureAudio(file: Blob): Promise<Fraction | undefined> {
  // It takes 30 ms to load, and most agents send no audio.
  const { parseWebStream } = await import('music-metadata')
  try {
    const { format } = await parseWebStream(
      inPieces(file),
      { size: file.size },
      { duration: true, skipCovers: true, skipPostHeaders: true },
    )
    // A recording that was written by a pipe states no length: then the bytes that are there count.
    const written = format.lossless && format.bitrate ? (file.size * 8) / format.bitrate : undefined
    return plausible(format.duration ?? written, file.size)
  } catch {
    // No audio file, a broken one, or one that takes too long: there is no more to know about its length.
    return undefined
  }
}

function inPieces(file: Blob): ReadableStream<Uint8Array> {
  const deadline = performance.now() + MAX_PARSE_MS
  let at = 0
  let block = new Uint8Array()
  let taken = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await nextTurnOfLoop()
        if (performance.now() > deadline)
          return controller.error(new Error('The file takes too long to read.'))
        if (taken === block.byteLength) {
          if (at >= file.size) return controller.close()
          block = new Uint8Array(await file.slice(at, (at += READ_BYTES)).arrayBuffer())
          taken = 0
        }
        controller.enqueue(block.subarray(taken, (taken += PIECE_BYTES)))
        taken = Math.min(taken, block.byteLength)
      },
    },
    { highWaterMark: 0 },
  )
}

function plausible(seconds: number | undefined, fileBytes: number): Fraction | undefined {
  if (seconds === undefined || !(seconds > 0 && seconds <= MAX_AUDIO_SECONDS)) return undefined
  if (fileBytes > seconds * MOST_BYTES_PER_SECOND) return undefined
  return parseFraction(seconds.toFixed(6), 'seconds')
}
