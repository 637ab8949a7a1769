/** Audio files of the kinds that agents get, as short as a parser takes them: heads that are true, and no sound. */

const FILLER_BYTES = 4000

/** 128 kbit/s at 44.1 kHz, 1,152 samples a frame, with no header to say how many there are. */
export function mp3File(frames: number): Buffer {
  const frame = Buffer.alloc(417)
  frame.set([0xff, 0xfb, 0x90, 0x00])
  return Buffer.concat(Array.from({ length: frames }, () => frame))
}

/** Frames of 128 and 160 kbit/s in turn: only counting them all tells the length. */
export function mp3FileOfVaryingRate(frames: number): Buffer {
  return Buffer.concat(
    Array.from({ length: frames }, (_, index) => {
      const frame = Buffer.alloc(index % 2 === 0 ? 417 : 522)
      frame.set([0xff, 0xfb, index % 2 === 0 ? 0x90 : 0xa0, 0x00])
      return frame
    }),
  )
}

/** An m4a file, as phones record them: what it is stands behind the sound. */
export function mp4File(seconds: number): Buffer {
  const timescale = 1000
  const header = (bytes: number, set: (buffer: Buffer) => void) => {
    const buffer = Buffer.alloc(bytes)
    set(buffer)
    return buffer
  }
  const durations = (buffer: Buffer) => {
    buffer.writeUInt32BE(timescale, 12)
    buffer.writeUInt32BE(seconds * timescale, 16)
  }
  const soundEntry = header(36, (buffer) => {
    buffer.writeUInt32BE(36, 0)
    buffer.write('mp4a', 4)
    buffer.writeUInt16BE(1, 14)
    buffer.writeUInt16BE(1, 24)
    buffer.writeUInt16BE(16, 26)
    buffer.writeUInt16BE(16_000, 32)
  })
  const sampleDescriptions = Buffer.concat([header(8, (buffer) => buffer.writeUInt32BE(1, 4)), soundEntry])
  return Buffer.concat([
    atom('ftyp', Buffer.from('M4A \0\0\0\0M4A ', 'latin1')),
    atom('mdat', Buffer.alloc(FILLER_BYTES)),
    atom(
      'moov',
      atom('mvhd', header(100, durations)),
      atom(
        'trak',
        atom(
          'tkhd',
          header(84, (buffer) => buffer.writeUInt32BE(1, 12)),
        ),
        atom(
          'mdia',
          atom('mdhd', header(24, durations)),
          atom(
            'hdlr',
            header(25, (buffer) => buffer.write('soun', 8)),
          ),
          atom('minf', atom('stbl', atom('stsd', sampleDescriptions))),
        ),
      ),
    ),
  ])
}

function atom(name: string, ...content: Buffer[]): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + content.reduce((sum, { length }) => sum + length, 0), 0)
  head.write(name, 4, 'latin1')
  return Buffer.concat([head, ...content])
}

/** Opus in Ogg: its last page says how many samples at 48 kHz there were. */
export function oggFile(seconds: number): Buffer {
  const head = Buffer.alloc(19)
  head.write('OpusHead', 0)
  head.set([1, 1], 8)
  head.writeUInt32LE(48_000, 12)
  return Buffer.concat([
    oggPage(0, 2, 0, head),
    oggPage(1, 0, 0, Buffer.concat([Buffer.from('OpusTags'), Buffer.alloc(8)])),
    oggPage(2, 0, (seconds / 2) * 48_000, Buffer.alloc(200)),
    oggPage(3, 4, seconds * 48_000, Buffer.alloc(200)),
  ])
}

function oggPage(sequence: number, flags: number, granule: number, packet: Buffer): Buffer {
  const head = Buffer.alloc(28)
  head.write('OggS', 0)
  head[5] = flags
  head.writeBigUInt64LE(BigInt(granule), 6)
  head.writeUInt32LE(1, 14)
  head.writeUInt32LE(sequence, 18)
  head[26] = 1
  head[27] = packet.length
  return Buffer.concat([head, packet])
}

/** WebM, as browsers record it; they leave the length out of what they stream. */
export function webmFile(seconds: number | undefined): Buffer {
  const duration = Buffer.alloc(8)
  duration.writeDoubleBE((seconds ?? 0) * 1000)
  const scale = Buffer.from([0x0f, 0x42, 0x40])
  return Buffer.concat([
    element([0x1a, 0x45, 0xdf, 0xa3], element([0x42, 0x82], Buffer.from('webm'))),
    element(
      [0x18, 0x53, 0x80, 0x67],
      element(
        [0x15, 0x49, 0xa9, 0x66],
        element([0x2a, 0xd7, 0xb1], scale),
        ...(seconds === undefined ? [] : [element([0x44, 0x89], duration)]),
      ),
      element(
        [0x16, 0x54, 0xae, 0x6b],
        element(
          [0xae],
          element([0xd7], Buffer.from([1])),
          element([0x83], Buffer.from([2])),
          element([0x86], Buffer.from('A_OPUS')),
        ),
      ),
      element([0x1f, 0x43, 0xb6, 0x75], Buffer.alloc(FILLER_BYTES)),
    ),
  ])
}

function element(id: readonly number[], ...content: Buffer[]): Buffer {
  const size = Buffer.alloc(8)
  size.writeBigUInt64BE(BigInt(content.reduce((sum, { length }) => sum + length, 0)))
  size[0] = 1
  return Buffer.concat([Buffer.from(id), size, ...content])
}

/** FLAC of 16 kHz, 16 bits, mono. */
export function flacFile(seconds: number): Buffer {
  const info = Buffer.alloc(34)
  info.writeUInt16BE(4096, 0)
  info.writeUInt16BE(4096, 2)
  // 20 bits of sample rate, 3 of channels less one, 5 of bits less one, 36 of samples.
  info.writeBigUInt64BE((16_000n << 44n) | (15n << 36n) | BigInt(seconds * 16_000), 10)
  return Buffer.concat([Buffer.from('fLaC'), Buffer.from([0x80, 0, 0, 34]), info, Buffer.alloc(FILLER_BYTES)])
}

/** PCM of 16 kHz, 16 bits, mono. */
export function waveFile(audioBytes: number, statedBytes = audioBytes): Buffer {
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(0xffff_ffff, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(16_000, 24)
  head.writeUInt32LE(32_000, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(statedBytes, 40)
  return Buffer.concat([head, Buffer.alloc(audioBytes)])
}
