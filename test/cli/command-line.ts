import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ENTRY = fileURLToPath(new URL('../../credits.ts', import.meta.url))

/** No line takes nearly as long: one that hangs is ended, and its test fails. */
const LONGEST_MS = 60_000

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

export interface Running {
  process: ChildProcess
  finished: Promise<Finished>
}

/** The `credits` command as people run it: a process of its own for each line. */
export class CommandLine {
  private readonly directory: string
  private readonly environment: Readonly<Record<string, string>>

  /**
   * @param directory the working directory
   * @param environment settings; of the test's own environment only what finds programs is passed on
   */
  constructor(directory: string, environment: Readonly<Record<string, string>>) {
    this.directory = directory
    this.environment = environment
  }

  start(...words: string[]): Running {
    const { PATH = '', HOME = '' } = process.env
    const child = spawn(process.execPath, [ENTRY, ...words], {
      cwd: this.directory,
      env: { PATH, HOME, ...this.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LONGEST_MS,
      killSignal: 'SIGKILL',
    })
    return { process: child, finished: outcomeOf(child) }
  }

  run(...words: string[]): Promise<Finished> {
    return this.start(...words).finished
  }

  /** Runs a line that must be done, with `--json`, and reads its answer. */
  async json(...words: string[]) {
    const { code, stdout, stderr } = await this.run(...words, '--json')
    if (code !== 0 || stderr !== '') throw new Error(`${words.join(' ')}: exit ${code}\n${stdout}${stderr}`)
    return readLine(stdout)
  }

  /** Runs a line that must be refused, with `--json`, and reads why. */
  async refusal(
    ...words: string[]
  ): Promise<{ code: string; message: string; data: Record<string, unknown> }> {
    const { code, stdout, stderr } = await this.run(...words, '--json')
    if (code !== 1 || stderr !== '') throw new Error(`${words.join(' ')}: exit ${code}\n${stdout}${stderr}`)
    return readLine(stdout).error
  }
}

/** JSON answers are one line. */
function readLine(stdout: string) {
  const lines = stdout.split('\n')
  if (lines.length !== 2 || lines[1] !== '') throw new Error(`Not one line: ${JSON.stringify(stdout)}`)
  return JSON.parse(lines[0]!)
}

function outcomeOf(child: ChildProcess): Promise<Finished> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}
