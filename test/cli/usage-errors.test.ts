import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { CommandLine } from './command-line.ts'

/** Whoever asked for this database would fail with another exit code. */
const credits = new CommandLine(tmpdir(), { DATABASE_URL: 'postgres://127.0.0.1:1/none' })

it.concurrent.each([
  [[], 'Usage: credits'],
  [['fly'], "unknown command 'fly'"],
  [['balance'], "missing required argument 'account'"],
  [['balance', 'acme', 'other'], 'too many arguments'],
  [['balance', 'acme', '--loud'], "unknown option '--loud'"],
  [['grant', 'acme', '1'], "required option '--type <type>' not specified"],
  [['grant', 'acme', '1', '--type'], "option '--type <type>' argument missing"],
  [
    ['grant', 'acme', '1', '--type', 'free', '--expires-in', '1d', '--expires-at', '2027-01-01'],
    "option '--expires-in <duration>' cannot be used with option '--expires-at <time>'",
  ],
  [['batches', 'acme', '--limit', '0'], 'a whole number from 1 to 1000'],
  [['batches', 'acme', '--offset', '1.5'], 'a whole number from 0'],
  [['charge', 'acme', '1', '--category', 'LLM'], "required option '--key <key>' not specified"],
  [['void', 'acme', 'id', '--key', 'k'], "required option '--reason <text>' not specified"],
  [
    ['refund', 'acme', 'id', '--key', 'k', '--reason', 'r', '--expires-in', '1d'],
    "option '--expires-in <duration>' needs option '--new-batch'",
  ],
])('exits 2 on wrong usage %j', async (words, said) => {
  const { code, stdout, stderr } = await credits.run(...words)
  expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(said)
})

it('helps, with the exit codes, and knows its version', async () => {
  const [help, grantHelp, version, manifest] = await Promise.all([
    credits.run('--help'),
    credits.run('help', 'grant'),
    credits.run('--version'),
    readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  ])
  expect(help).toMatchObject({ code: 0, stderr: '' })
  for (const command of [
    'grant',
    'balance',
    'batches',
    'charge',
    'authorize',
    'capture',
    'release',
    'extend',
    'refund',
    'void',
    'usage',
    'explain',
    'sweep',
    'audit',
    'migrate',
    'serve',
    'demo',
  ]) {
    expect(help.stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'))
  }
  expect(help.stdout).toContain('Exit code: 0 done')
  expect(grantHelp).toMatchObject({ code: 0, stdout: expect.stringContaining('--expires-in <duration>') })
  expect(version).toStrictEqual({ code: 0, stdout: `${JSON.parse(manifest).version}\n`, stderr: '' })
})
