// Makes docs/credits.png, the picture in the README, from a real run: the demo's output in a terminal, and what the
// server answers to `/credits`, drawn the way Slack draws its blocks. Needs Chromium: `apt-get install chromium`.
//
//   node scripts/picture.ts
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { typeCreditsInSlack } from '../demo/slack-visit.ts'
import { openCredits } from '../src/index.ts'
import { messageAsHtml } from './picture/slack-html.ts'
import { terminalAsHtml } from './picture/terminal-html.ts'

const PICTURE = fileURLToPath(new URL('../docs/credits.png', import.meta.url))
const CREDITS = fileURLToPath(new URL('../credits.ts', import.meta.url))

/** The parts of the demo that the picture shows. */
const SHOWN = ['Active Credits before', 'Active Credits after', 'What each call cost', 'Usage by category']

const WIDTH = 1260
const LINE_HEIGHT = 18
const FRAME_HEIGHT = 110

const run = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'agent-credits-picture-'))
try {
  const { stdout } = await run(process.execPath, [CREDITS, 'demo'], {
    env: { ...process.env, FORCE_COLOR: '1', OPENAI_API_KEY: '' },
  })
  const terminal = shownParts(stdout)
  const page = join(folder, 'picture.html')
  await writeFile(page, pageOf(terminalAsHtml(terminal), messageAsHtml(await askInSlack(stdout))))
  const height = terminal.split('\n').length * LINE_HEIGHT + FRAME_HEIGHT
  await run('chromium', [
    '--headless',
    '--no-sandbox',
    '--hide-scrollbars',
    '--force-device-scale-factor=1.4',
    `--window-size=${WIDTH},${height}`,
    `--screenshot=${PICTURE}`,
    `file://${page}`,
  ])
} finally {
  await rm(folder, { recursive: true })
}

/** What the demo printed under the headings that are shown. */
function shownParts(output: string): string {
  const parts = output.split(/\n(?=\S*── )/)
  return parts
    .filter((part) => SHOWN.some((title) => part.includes(`── ${title}`)))
    .join('\n')
    .trimEnd()
}

/** Types `/credits` for the demo's account, while a call runs. */
async function askInSlack(output: string) {
  const account = /demo-[\d-]+/.exec(output)?.[0]
  if (account === undefined) throw new Error(`The demo named no account:\n${output}`)
  const ledger = await openCredits()
  try {
    const hold = await ledger.authorize(account, { amount: '2', category: 'LLM' })
    const { message } = await typeCreditsInSlack(ledger, account)
    await ledger.release(account, hold.id)
    return message
  } finally {
    await ledger.close()
  }
}

function pageOf(terminal: string, message: string): string {
  return `<!doctype html><meta charset="utf-8"><style>
  body { margin: 0; padding: 24px; display: flex; gap: 24px; align-items: flex-start; background: #f1f0ee;
    font: 15px/22px Inter, "Helvetica Neue", Arial, sans-serif; color: #1d1c1d }
  .window { border-radius: 10px; overflow: hidden; box-shadow: 0 6px 24px #0003; flex: none }
  .bar { padding: 9px 14px; font-size: 13px; background: #2b2d31; color: #b9bbbe }
  .bar.slack { background: #4a154b; color: #e8dcea }
  pre { margin: 0; padding: 14px 18px; background: #17181b; color: #dcddde;
    font: 13px/${LINE_HEIGHT}px "DejaVu Sans Mono", Menlo, monospace }
  pre b { color: #fff } pre i { color: #7a7d84; font-style: normal }
  .message { background: #fff; padding: 18px 20px; width: 440px }
  .typed { color: #616061; font-size: 13px; margin-bottom: 12px }
  .typed code { font-size: 13px }
  .name { font-weight: 700 } .app { font-size: 10px; background: #ddd; border-radius: 2px; padding: 1px 3px; color: #616061 }
  h3 { font-size: 18px; margin: 8px 0 }
  .fields { display: grid; grid-template-columns: 1fr 1fr; gap: 10px 16px; margin: 8px 0 }
  code { font: 13px "DejaVu Sans Mono", Menlo, monospace; color: #e01e5a; background: #f6f6f6; border: 1px solid #ddd;
    border-radius: 3px; padding: 1px 4px }
  .context { color: #616061; font-size: 13px; line-height: 19px; margin-top: 8px }
  .actions { display: flex; gap: 8px; margin-top: 12px }
  .button { border: 1px solid #bbb; border-radius: 4px; padding: 3px 10px; font-size: 13px; font-weight: 700 }
  </style>
  <div class="window"><div class="bar">npm run demo</div><pre>${terminal}</pre></div>
  <div class="window"><div class="bar slack"># support</div><div class="message">
    <div class="typed">Only visible to you &nbsp;·&nbsp; <code>/credits</code></div>
    <span class="name">Credits</span> <span class="app">APP</span>
    ${message}</div></div>`
}
