import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderViews } from '../../scripts/views/views.ts'
import type { WrittenView } from '../../scripts/views/written.ts'
import { problemsOf } from '../fakes/slack/limits/surfaces.ts'
import { openTestLedger, type TestLedger } from '../support/ledger.ts'

const VIEWS = new URL('../../docs/views/', import.meta.url)

/** When it fails, look at what changed: `npm run views` writes the files anew. */
describe('docs/views', () => {
  let test: TestLedger
  let views: WrittenView[]
  beforeAll(async () => {
    test = await openTestLedger({ journal: false })
    views = await renderViews(test.ledger, test.clock)
  })
  afterAll(() => test.close())

  it('hold every view, and nothing else', async () => {
    const expected = views.flatMap(({ name }) => [`${name}.json`, `${name}.txt`])
    expect((await readdir(VIEWS)).toSorted()).toEqual(expected.toSorted())
  })

  it('show what the bot shows', async () => {
    for (const { name, text, json } of views) {
      expect(await readFile(new URL(`${name}.txt`, VIEWS), 'utf8'), name).toBe(text)
      expect(JSON.parse(await readFile(new URL(`${name}.json`, VIEWS), 'utf8')), name).toEqual(json)
    }
  })

  it('are such as Slack shows', () => {
    for (const { name, json } of views) {
      const { type } = json as { type?: 'modal' | 'home' }
      const problems =
        type === undefined ? problemsOf.content({ text: name, ...(json as object) }) : problemsOf[type](json)
      expect(problems, name).toEqual([])
    }
  })
})
