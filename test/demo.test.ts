import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChildProcess, type ProcessEnd, startProcess } from './support/processes.ts'

const CREDITS = new URL('../credits.ts', import.meta.url)

/** The lines of one part of the output, its heading and blank lines left out. */
function part(output: string, title: string): string[] {
  const [, after = ''] = output.split(`── ${title} `)
  const [body = ''] = after.split('\n── ')
  return body
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '')
}

/** The cells of a table's row, its first numbers as numbers. */
const cells = (line: string): string[] => line.trim().split(/\s{2,}/)

describe('npm run demo', () => {
  let directory: string
  const runs: ChildProcess[] = []
  const ends: ProcessEnd[] = []
  let output: string

  /** In a folder that only its owner enters, as a fresh clone under /root is. */
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'agent-credits-demo-'))
    const env = {
      DATABASE_URL: undefined,
      OPENAI_API_KEY: undefined,
      OPENAI_BASE_URL: undefined,
      NO_COLOR: '1',
    }
    const start = () => startProcess(CREDITS, ['demo'], { cwd: directory, env })
    for (let run = 1; run <= 2; run++) {
      const started = start()
      runs.push(started)
      ends.push(await started.ended)
    }
    output = runs[0]?.output() ?? ''
  }, 60_000)
  afterAll(async () => {
    // Where PostgreSQL's user cannot enter the folder, the data are elsewhere, behind a link.
    const place = dirname(await realpath(join(directory, '.credits/postgres/cluster')))
    await rm(place, { recursive: true })
    await rm(directory, { recursive: true })
  })

  it('ends by itself, with 0', () => {
    const succeeded = { code: 0, signal: null }
    expect(ends, output).toEqual([succeeded, succeeded])
  })

  it('says that models and search are stand-ins', () => {
    expect(output).toContain('OPENAI_API_KEY is not set: models and search are stand-ins')
  })

  it('runs again, on an account of its own', () => {
    const accounts = runs.map((run) => /^Account\s+(demo-\S+)$/m.exec(run.output())?.[1])
    expect(new Set(accounts).size).toBe(2)
    expect(runs[1]?.output()).toMatch(/Audit of 1 account, 2 batches, 5 charges, \d+ entries: all agree\./)
  })

  it('shows Active Credits before and after, Free drawn first and then Paid', () => {
    const [head, , free, paid] = part(output, 'Active Credits before')
    expect(cells(head ?? '')).toEqual([
      'Credit Allocated',
      'Added Date',
      'Remaining Balance',
      'Credit Type',
      'Expiry Date',
    ])
    expect(cells(free ?? '')).toEqual([
      '8.50',
      expect.any(String),
      '8.50',
      'Free',
      expect.stringMatching(/^\d{4}-/),
    ])
    expect(cells(paid ?? '')).toEqual([
      '500.00',
      expect.any(String),
      '500.00',
      'Paid',
      expect.stringMatching(/^\d{4}-/),
    ])
    const after = part(output, 'Active Credits after: Free was drawn first').slice(2).map(cells)
    expect(after.map((row) => row[3])).toEqual(['Free', 'Paid'])
    expect(Number(after[0]?.[2])).toBe(0)
    expect(Number(after[1]?.[2])).toBeGreaterThan(499)
    expect(Number(after[1]?.[2])).toBeLessThan(500)
  })

  it('hears, searches and answers, and charges each call to its category', () => {
    const story = part(output, 'A voice message comes in').join('\n')
    expect(story).toMatch(
      /▸ Heard {2}What is new in PostgreSQL 18[^]*▸ Searches for[^]*▸ Found[^]*▸ Answers\n {2}PostgreSQL 18 brings[^]*▸ Sums up/,
    )
    const charges = part(output, 'What each call cost').slice(2).map(cells)
    expect(charges.map((row) => row[0])).toEqual(['SpeechToText', 'LLM', 'WebSearch', 'LLM', 'LLM'])
    expect(charges.map((row) => row[3]?.replaceAll(/ [\d.]+/g, ''))).toEqual([
      'Free',
      'Free',
      'Free',
      'Free + Paid',
      'Paid',
    ])
    const usage = part(output, 'Usage by category').map(cells)
    expect(usage.find((row) => row[0] === 'LLM')?.[1]).toBe('3')
    expect(usage.find((row) => row[0] === 'WebSearch')).toEqual([
      'WebSearch',
      '1',
      expect.stringMatching(/^8\.0+$/),
    ])
    const total = usage.find((row) => row[0] === 'Total')
    const sum = charges.reduce((credits, row) => credits + Number(row[2]), 0)
    expect(Number(total?.[2])).toBeCloseTo(sum, 6)
  })

  it('shows one receipt, down to units and batches', () => {
    const receipt = part(output, 'One receipt').join('\n')
    expect(receipt).toMatch(
      /Receipt of charge [0-9a-f-]{36}[^]*Category {2,}LLM[^]*input_tokens {2,}\d+[^]*output_tokens {2,}\d+/,
    )
    expect(receipt).toMatch(/from Free batch [^]*from Paid batch /)
  })

  it('shows what Slack answers, which agrees with the batches', () => {
    const answer = part(output, '/credits in Slack, while another call runs').join('\n')
    const [, paid] = part(output, 'Active Credits after: Free was drawn first').slice(2).map(cells)
    const settled = Number(paid?.[2])
    expect(answer).toContain(`┃ ${(settled - 2).toFixed(2)} credits available`)
    expect(answer).toContain('2 (1 open hold)')
    expect(answer).toContain(`Free  0    Paid  ${settled.toFixed(2)}`)
    expect(answer).toMatch(/Next to expire: [\d.]+ credits on \d+ \w+ \d{4}/)
  })

  it('audits the ledger', () => {
    expect(output).toMatch(/Audit of 1 account, 2 batches, 5 charges, \d+ entries: all agree\./)
  })
})
