// `npm run views`: writes every view of the bot to docs/views, as text to read and as JSON to paste in Slack's Block
// Kit Builder. They are rendered from what happens to an account in an embedded PostgreSQL of their own, by a clock
// of their own: the same each time.
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openCredits, TestClock } from '../src/index.ts'
import { renderViews } from './views/views.ts'

const VIEWS = fileURLToPath(new URL('../docs/views', import.meta.url))

const folder = await mkdtemp(join(tmpdir(), 'agent-credits-views-'))
// For root: the server's unprivileged user must get in.
await chmod(folder, 0o711)
try {
  const clock = new TestClock()
  const url = process.env['TEST_DATABASE_URL']
  await using ledger = await openCredits({
    ...(url ? { url } : { url: '', directory: folder }),
    clock,
    journal: false,
  })
  const views = await renderViews(ledger, clock)
  await mkdir(VIEWS, { recursive: true })
  for (const old of await readdir(VIEWS)) await rm(join(VIEWS, old))
  for (const { name, text, json } of views) {
    await writeFile(join(VIEWS, `${name}.txt`), text)
    await writeFile(join(VIEWS, `${name}.json`), JSON.stringify(json))
  }
  const formatted = spawnSync('oxfmt', [VIEWS], { stdio: 'inherit', shell: process.platform === 'win32' })
  if (formatted.status !== 0) throw new Error('oxfmt could not format the views.')
  console.log(`${views.length} views in docs/views`)
} finally {
  await rm(folder, { recursive: true })
}
