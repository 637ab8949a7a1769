import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { brokenRules } from '../../scripts/house/house.ts'

const roots: string[] = []

/** A house of these files, with `openai` and `uuidv7` installed. */
function house(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'credits-house-'))
  roots.push(root)
  const manifest = JSON.stringify({
    dependencies: { uuidv7: '*', hono: '*' },
    peerDependencies: { openai: '*' },
  })
  for (const [path, text] of Object.entries({ 'package.json': manifest, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true })
})

test('this house breaks no rule', () => {
  expect(brokenRules('.')).toEqual([])
})

test('arrows that point down are let through', () => {
  const root = house({
    'credits.ts': `import './bot/server.ts'\nimport './middleware/openai.ts'`,
    'bot/server.ts': `import 'hono'\nimport '../src/index.ts'`,
    'middleware/openai.ts': `import type OpenAI from 'openai'\nimport '../src/index.ts'`,
    'src/index.ts': `import { uuidv7 } from 'uuidv7'\nexport * from '../db/schema.ts'`,
    'db/schema.ts': `import { join } from 'node:path'`,
    'test/any.test.ts': `import 'undeclared'\nimport '../bot/server.ts'`,
  })
  expect(brokenRules(root)).toEqual([])
})

test.each([
  ['db/a.ts', `import '../src/b.ts'`, 'db may not import src/b.ts'],
  ['db/a.ts', `import type { Hono } from 'hono'`, 'db may not import the package hono'],
  ['src/a.ts', `export * from '../middleware/b.ts'`, 'src may not import middleware/b.ts'],
  ['src/a.ts', `import '../credits.ts'`, 'src may not import credits.ts'],
  ['src/a.ts', `import OpenAI from 'openai'`, 'src may not import the package openai'],
  ['src/cli/a.ts', `const bot = await import('../../bot/b.ts')`, 'src may not import bot/b.ts'],
  ['middleware/a.ts', `export { b } from '../bot/b.ts'`, 'middleware may not import bot/b.ts'],
  ['middleware/a.ts', `import '../db/b.ts'`, 'middleware may not import db/b.ts'],
  ['middleware/a.ts', `import { Hono } from 'hono/tiny'`, 'middleware may not import the package hono'],
  ['bot/a.ts', `type B = import('../middleware/b.ts').B`, 'bot may not import middleware/b.ts'],
  ['bot/a.ts', 'await import(`../db/b.ts`)', 'bot may not import db/b.ts'],
  ['bot/a.ts', `import '../test/b.ts'`, 'bot may not import test/b.ts'],
  [
    'bot/a.ts',
    `await import(process.argv[2])`,
    'bot imports what only running it tells; name the file or package',
  ],
  ['demo/a.ts', `import 'vitest'`, 'vitest is neither a dependency nor a peer dependency'],
])('%s may not hold %s', (path, text, reason) => {
  expect(brokenRules(house({ [path]: `\n${text}` }))).toEqual([`${path}:2 ${reason}`])
})

test('a circle of files is named', () => {
  const root = house({
    'src/a.ts': `import './b.ts'`,
    'src/b.ts': `import type { C } from './c.ts'`,
    'src/c.ts': `await import('./a.ts')`,
  })
  expect(brokenRules(root)).toEqual(['circle: src/a.ts → src/b.ts → src/c.ts → src/a.ts'])
})

test('a file of more than 400 lines is named', () => {
  const root = house({ 'src/long.ts': '\n'.repeat(401), 'src/fits.ts': '\n'.repeat(400) })
  expect(brokenRules(root)).toEqual(['src/long.ts has 401 lines, more than 400'])
})

test('an empty house is a broken one: the check looked in the wrong place', () => {
  const root = house({})
  expect(brokenRules(root)).toEqual([`${root} holds no source file`])
})

test('a file that does not parse fails the check', () => {
  expect(() => brokenRules(house({ 'src/a.ts': 'import {' }))).toThrow('src/a.ts does not parse')
})
