import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { measureAudio } from '../../middleware/audio-length.ts'
import {
  flacFile,
  mp3File,
  mp3FileOfVaryingRate,
  mp4File,
  oggFile,
  waveFile,
  webmFile,
} from './audio-files.ts'

async function secondsOf(file: Buffer): Promise<number | undefined> {
  const length = await measureAudio(new Blob([new Uint8Array(file)]))
  return length && Number(length.numerator) / Number(length.denominator)
}

test.each<[string, Buffer, number]>([
  ['MP3 of a constant rate', mp3File(1000), (1000 * 1152) / 44_100],
  ['MP3 of a varying rate', mp3FileOfVaryingRate(1000), (1000 * 1152) / 44_100],
  ['MP4', mp4File(12), 12],
  ['Ogg', oggFile(8), 8],
  ['WebM', webmFile(7), 7],
  ['FLAC', flacFile(21), 21],
  ['WAV', waveFile(48_000), 1.5],
  ['a WAV that ends early', waveFile(16_000, 4_000_000_000), 0.5],
  ['a WAV of unknown size', waveFile(16_000, 0xffff_ffff), 0.5],
])('%s is measured', async (_, file, seconds) => {
  expect(await secondsOf(file)).toBeCloseTo(seconds, 5)
})

test('a WAV that was written by a pipe and states no size lasts as long as its bytes, head included', async () => {
  expect(await secondsOf(waveFile(16_000, 0))).toBe((16_000 + 44) / 32_000)
})

test.each<[string, Buffer]>([
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from([0xff])],
  ['a text', Buffer.from('To be, or not to be')],
  ['zeros', Buffer.alloc(100_000)],
  ['a WebM without its length', webmFile(undefined)],
  ['a file cut in its head', mp4File(12).subarray(0, -40)],
  ['a file that is larger than it could be', Buffer.concat([flacFile(1), Buffer.alloc(8_000_000)])],
  ['a length of 0', flacFile(0)],
])('%s is not measured', async (_, file) => {
  expect(await secondsOf(file)).toBeUndefined()
})

// Made of as many steps as possible for the parser; each of them took it 5 to 12 s on end, given whole.
test.each<[string, string, string]>([
  ['FLAC', 'fLaC', '\x01\0\0\0'],
  ['WAV', 'RIFF\xff\xff\xff\x7fWAVE', '\0'],
])('25 MB of hostile %s neither hang nor block the process', async (_, head, filling) => {
  const file = Buffer.concat([
    Buffer.from(head, 'latin1'),
    Buffer.alloc(25_000_000, Buffer.from(filling, 'latin1')),
  ])
  let turns = 0
  let over = false
  const count = async () => {
    for (; !over; turns++) await sleep(1)
  }
  const counting = count()
  const started = performance.now()
  expect(await secondsOf(file)).toBeUndefined()
  const tookMs = performance.now() - started
  over = true
  await counting
  expect(tookMs).toBeLessThan(10_000)
  // Other work has gone on all the time: in pauses at most 100 ms apart on average, on a machine that is busy.
  expect(turns).toBeGreaterThan(tookMs / 100)
})
