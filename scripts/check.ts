/**
 * `npm run check`: everything that fails fast, without a database. Prints what failed and ends with
 * `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process'

/** Each is generous on a slow machine: a check that hangs fails. */
const CHECK_TIMEOUT_MS = 120_000

const CHECKS = {
  format: ['oxfmt', '--check'],
  lint: ['oxlint'],
  types: ['tsc', '--project', 'tsconfig.json'],
  house: ['node', 'scripts/check-house.ts'],
  'schema drift': ['node', 'scripts/check-schema-drift.ts'],
} as const

let passed = 0
let failed = 0
for (const [name, [command, ...parameters]] of Object.entries(CHECKS)) {
  const startedAt = performance.now()
  // No standard input: drizzle-kit would ask about renames at a terminal and wait.
  const run = spawnSync(command, parameters, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: CHECK_TIMEOUT_MS,
    shell: process.platform === 'win32',
  })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  if (run.status === 0) passed++
  else failed++
  console.log(`${run.status === 0 ? '✓' : '✗'} ${name} (${seconds} s)`)
  if (run.status !== 0) console.log(`${run.stdout}${run.stderr}${run.error?.message ?? ''}`)
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
