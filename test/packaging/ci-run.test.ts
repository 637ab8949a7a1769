import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'credits-ci-'))
mkdirSync(join(folder, '.ci'))
mkdirSync(join(folder, 'bin'))
cpSync('.ci/run', join(folder, '.ci/run'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Puts a program of this name where `.ci/run` finds it first. */
function program(name: string, script: string): void {
  const path = join(folder, 'bin', name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
}

/** Runs `.ci/run` where npm answers `npm ARGUMENTS` with these shell commands. */
function ciRun(answers: Record<string, string>): { status: number | null; lastLine: string | undefined } {
  const cases = Object.entries(answers).map(([command, script]) => `"${command}") ${script};;`)
  program('npm', `case "$*" in\n${cases.join('\n')}\n*) echo "unexpected: npm $*"; exit 9;;\nesac`)
  program('pgbouncer', 'exit 0')
  const run = spawnSync('bash', ['.ci/run'], {
    cwd: folder,
    env: { ...process.env, PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}` },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return { status: run.status, lastLine: run.stdout.trimEnd().split('\n').at(-1) }
}

const GREEN = {
  ci: 'exit 0',
  test: 'echo "5 passed, 0 failed"; echo "120 passed, 0 failed"',
  'run test:pooler': 'echo "8 passed, 0 failed"',
  'run bench -- --smoke': 'echo "callsPerSecond 1000"',
}

test('the last line is the sum of the runs; a run without tests counts as one', () => {
  expect(ciRun(GREEN)).toEqual({ status: 0, lastLine: '129 passed, 0 failed' })
})

test('a failed test fails the run, and the other runs still happen', () => {
  const answers = { ...GREEN, test: 'echo "119 passed, 1 failed"; exit 1' }
  expect(ciRun(answers)).toEqual({ status: 1, lastLine: '128 passed, 1 failed' })
})

test('a run that dies without a word of its tests counts as a failure', () => {
  const answers = { ...GREEN, 'run bench -- --smoke': 'exit 3' }
  expect(ciRun(answers)).toEqual({ status: 1, lastLine: '128 passed, 1 failed' })
})

test('a run that exits non-zero after a green line counts as a failure', () => {
  const answers = { ...GREEN, 'run test:pooler': 'echo "8 passed, 0 failed"; exit 1' }
  expect(ciRun(answers)).toEqual({ status: 1, lastLine: '129 passed, 1 failed' })
})

test('a failed installation ends the run', () => {
  expect(ciRun({ ci: 'exit 1' })).toEqual({ status: 1, lastLine: '0 passed, 1 failed' })
})
