import { CommanderError } from 'commander'
import { CreditsError } from '../errors.ts'
import { EXIT } from './exit.ts'
import type { Parts } from './parts.ts'
import { buildProgram } from './program.ts'
import { Shell } from './shell.ts'

/**
 * Runs one command line and sets `process.exitCode`. Never throws; the process ends by itself when its output is
 * written and the ledger is closed, and is ended then after an interrupt.
 *
 * @param words what follows the command's name, e.g. `['balance', 'acme', '--json']`
 * @param parts what runs the commands that need more than the ledger
 */
export async function runCommandLine(words: readonly string[], parts: Parts): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  const shell = new Shell()
  try {
    await buildProgram(shell, parts).parseAsync(words, { from: 'user' })
  } catch (error) {
    const code = report(error, shell)
    // An interrupt has set its own.
    process.exitCode ??= code
  }
  // The socket of a query that was cut short stays open for as long as the server works on the query.
  if (wasInterrupted()) process.stdout.write('', () => process.exit())
}

const wasInterrupted = (): boolean => Number(process.exitCode ?? 0) > EXIT.signal

/** Says what went wrong, and returns the exit code for it. */
function report(error: unknown, shell: Shell): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage
  if (CreditsError.isInstance(error)) {
    shell.refuse(error)
    return EXIT.refused
  }
  shell.fail(error)
  return EXIT.fault
}

/** A reader such as `head` may leave before all is written; what was asked for is done all the same. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
