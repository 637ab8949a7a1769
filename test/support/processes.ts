import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface StartOptions {
  /** Added to this process's environment; undefined takes a variable away. */
  env?: Record<string, string | undefined>
  cwd?: string
}

/** A child process running a `.ts` script. */
export interface ChildProcess {
  readonly pid: number
  /** All that it has written so far, to stdout and stderr. */
  output(): string
  /**
   * The first line, of those written so far or to come, that matches.
   * @throws Error with the output, if the process ends, or 30 s pass, without one
   */
  waitForLine(pattern: RegExp): Promise<RegExpExecArray>
  /** Writes a line to its stdin. */
  writeLine(line: string): void
  /** Sends a signal and waits for the end. A process that has ended is left alone. */
  kill(signal?: NodeJS.Signals): Promise<ProcessEnd>
  /** How it ended, when it has. */
  readonly ended: Promise<ProcessEnd>
}

export interface ProcessEnd {
  code: number | null
  signal: NodeJS.Signals | null
}

const WAIT_MS = 30_000

/**
 * Starts `node script …`.
 *
 * @example
 * const worker = startProcess(new URL('./worker.ts', import.meta.url), [database.url])
 * await worker.waitForLine(/^ready$/)
 * await worker.kill('SIGKILL')
 */
export function startProcess(
  script: URL,
  parameters: readonly string[] = [],
  options: StartOptions = {},
): ChildProcess {
  const { env, ...rest } = options
  const child = spawn(process.execPath, [fileURLToPath(script), ...parameters], {
    ...rest,
    env: { ...process.env, ...env },
    stdio: 'pipe',
  })
  let output = ''
  const watchers = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const look of watchers) look()
    })
  }
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.once('error', reject)
    // Not `exit`: what it wrote last may come after that.
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  // A line written to a process that has just ended is lost; who waits for its answer learns of the end.
  child.stdin.on('error', () => {})
  // Whoever awaits `ended` or a line hears of it; nobody has to.
  ended.catch(() => {})

  async function waitForLine(pattern: RegExp): Promise<RegExpExecArray> {
    const find = () =>
      output
        .split('\n')
        .slice(0, -1)
        .map((line) => pattern.exec(line))
        .find((match) => match !== null)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(`did not come within ${WAIT_MS} ms`), WAIT_MS)
      function look(): void {
        const match = find()
        if (match == null) return
        stop()
        resolve(match)
      }
      function finish(why: string): void {
        stop()
        reject(new Error(`The line ${String(pattern)} ${why}. The process wrote:\n${output}`))
      }
      function stop(): void {
        clearTimeout(timer)
        watchers.delete(look)
      }
      watchers.add(look)
      look()
      const conclude = (why: string) => {
        look()
        if (watchers.has(look)) finish(why)
      }
      ended.then(
        ({ code, signal }) => conclude(`did not come before the end (${signal ?? `code ${code}`})`),
        (error: unknown) => conclude(`cannot come: ${String(error)}`),
      )
    })
  }

  async function kill(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessEnd> {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    return ended
  }

  return {
    pid: child.pid ?? 0,
    output: () => output,
    waitForLine,
    writeLine: (line) => void child.stdin.write(`${line}\n`),
    kill,
    ended,
  }
}
