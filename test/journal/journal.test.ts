import { appendFile, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readJournal } from '../../src/journal/abandoned.ts'
import { Journal } from '../../src/journal/journal.ts'
import { refusalOf } from '../support/ledger.ts'
import { journalsIn, makeFolder, outstandingOf, paid } from './support.ts'

let folder: string
let remove: () => Promise<void>
let warnings: string[]
beforeEach(async () => {
  ;({ folder, remove } = await makeFolder())
  warnings = []
})
afterEach(() => remove())

const openJournal = (maxBytes = 64 * 1024 * 1024, inFolder = folder) =>
  new Journal({ folder: inFolder, maxBytes, warn: (message) => void warnings.push(message) })

test('nothing is made before the first record, and nothing is left after the last', async () => {
  const inner = join(folder, 'journals')
  const journal = openJournal(undefined, inner)
  journal.admit(false)
  await expect(stat(inner)).rejects.toThrow('ENOENT')
  journal.ended(paid('a'))
  expect((await stat(inner)).mode & 0o777).toBe(0o700)
  expect((await stat(journal.path!)).mode & 0o777).toBe(0o600)
  // A repository that it lies in does not take it up.
  expect(await readFile(join(inner, '.gitignore'), 'utf8')).toBe('*\n')
  journal.done('a')
  await journal.close()
  await expect(stat(inner)).rejects.toThrow('ENOENT')
  expect(warnings).toEqual([])
})

test('a record is in the file when writing it returns; the last one of a call counts', async () => {
  const journal = openJournal()
  journal.answered(paid('a', '5'))
  journal.answered(paid('b', '6'))
  journal.ended(paid('a', '2'))
  journal.ended(paid('c', '3'))
  journal.done('c')
  journal.ended(paid('d', '4'))
  expect(await outstandingOf(journal.path!)).toEqual([
    paid('a', '2'),
    {
      ...paid('b', '6'),
      yields: true,
      lines: [
        {
          amount: '6',
          category: 'LLM',
          estimated: true,
          note: 'the process ended before the usage was known; it was estimated',
        },
      ],
    },
    paid('d', '4'),
  ])
  await journal.close()
})

test('a line that a crash cut off is no record; one that cannot be read is told apart', async () => {
  const journal = openJournal()
  journal.ended(paid('a'))
  await appendFile(journal.path!, '{"ended":{"id":"b"}}\n{"done":["a"')
  const { outstanding, content } = await readJournal(journal.path!)
  expect(outstanding).toEqual([paid('a')])
  expect(content.corrupt).toEqual(['{"ended":{"id":"b"}}'])
  await journal.close()
})

test('a journal of what is done is written anew, with what is not, while calls go on', async () => {
  const journal = openJournal(256 * 1024)
  const kept: string[] = []
  const sizes: number[] = []
  for (let round = 0; round < 60; round++) {
    for (let n = 0; n < 100; n++) {
      const id = `${round}-${n}`
      journal.answered(paid(id))
      journal.ended(paid(id, '2'))
      if (n === 50) kept.push(id)
      else journal.done(id)
    }
    await journal.synced()
    sizes.push((await stat(journal.path!)).size)
  }
  // 6,000 calls take 1.3 MB, and those that are outstanding 7 KB.
  expect(Math.max(...sizes)).toBeLessThan(320 * 1024)
  expect(await outstandingOf(journal.path!)).toEqual(kept.map((id) => paid(id, '2')))
  expect(journalsIn(folder, '')).toEqual([journal.path])
  await journal.close()
})

test('calls that end while the journal is written anew are in the new one', async () => {
  const journal = openJournal(64 * 1024)
  for (let n = 0; n < 800; n++) {
    journal.ended(paid(`early-${n}`))
    journal.done(`early-${n}`)
  }
  journal.ended(paid('kept'))
  const before = (await stat(journal.path!)).ino
  const rewritten = journal.synced()
  const between = Array.from({ length: 100 }, (_, n) => `between-${n}`)
  for (const id of between) {
    journal.ended(paid(id))
    await nextTurn()
  }
  await rewritten
  expect((await stat(journal.path!)).ino).not.toBe(before)
  journal.ended(paid('late'))
  expect((await outstandingOf(journal.path!)).map(({ id }) => id)).toEqual(['kept', ...between, 'late'])
  expect((await stat(journal.path!)).size).toBeLessThan(32 * 1024)
  await journal.close()
})

test('when what waits for the ledger fills it, it says so once and admits no new call', async () => {
  const journal = openJournal(4096)
  for (let n = 0; !journal.isFull; n++) {
    journal.admit(false)
    journal.ended(paid(`call-${n}`))
  }
  const refusal = await refusalOf((async () => journal.admit(false))())
  expect(refusal).toMatchObject({ code: 'journal_full', data: { maxBytes: 4096 } })
  await refusalOf((async () => journal.admit(true))())
  expect(warnings).toEqual([refusal.message])
  // What runs already still goes in, and what the ledger takes makes room.
  journal.ended(paid('running'))
  expect((await outstandingOf(journal.path!)).at(-1)).toEqual(paid('running'))
  journal.done('running')
  journal.done('call-0')
  journal.admit(true)
  await journal.close()
})

test('a folder that cannot be written is told once; only what must be durable is refused', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  const journal = openJournal(undefined, join(file, 'journal'))
  journal.admit(false)
  journal.ended(paid('a'))
  journal.ended(paid('b'))
  expect(await refusalOf((async () => journal.admit(true))())).toMatchObject({
    code: 'journal_unavailable',
  })
  expect(warnings).toEqual([expect.stringContaining('cannot be written (ENOTDIR')])
  expect(journal.isSafe).toBe(false)
  await journal.close()
  expect(warnings[1]).toContain('2 calls could not be booked before the ledger was closed')
})

test('closed, it leaves what is outstanding, and a call that still runs ends in it', async () => {
  const journal = openJournal()
  journal.ended(paid('a'))
  journal.answered(paid('b', '5'))
  await journal.close()
  expect(warnings).toEqual([expect.stringMatching(/^2 calls could not be booked .*\.journal;/)])
  const path = journal.path!
  journal.ended(paid('b', '2'))
  expect(journal.path).toBeUndefined()
  const [left] = journalsIn(folder, '.left')
  expect(left).toBe(path.replace(/journal$/, 'left'))
  expect(await outstandingOf(left!)).toEqual([paid('a'), paid('b', '2')])
})

test('a folder that somebody clears under it is made again, with what was in it', async () => {
  const inner = join(folder, 'journals')
  const journal = openJournal(undefined, inner)
  journal.ended(paid('a'))
  await rm(inner, { recursive: true })
  await journal.beat()
  journal.ended(paid('b'))
  expect(await outstandingOf(journal.path!)).toEqual([paid('a'), paid('b')])
  await journal.close()
})
