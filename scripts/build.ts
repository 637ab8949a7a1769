/** `npm run build`: writes `dist/`, what is published: the compiled rooms and the files that they read. */
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync, statSync } from 'node:fs'

const FOLDERS = ['db', 'src', 'middleware', 'bot', 'demo']

/**
 * What is not copied: the compiler writes `.js` and `.d.ts` itself, and only drizzle-kit reads the snapshots.
 * Everything else (migrations, recordings, pages) is read when the package runs.
 */
const STAYS_BEHIND = /\.ts$|_snapshot\.json$/

rmSync('dist', { recursive: true, force: true })
const { status } = spawnSync('tsc', ['--project', 'tsconfig.build.json'], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
if (status !== 0) process.exit(status ?? 1)
for (const folder of FOLDERS) {
  cpSync(folder, `dist/${folder}`, {
    recursive: true,
    filter: (path) => statSync(path).isDirectory() || !STAYS_BEHIND.test(path),
  })
}
