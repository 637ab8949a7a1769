import { inspect, styleText } from 'node:util'
import type { CreditLedger, OpenOptions } from '../credits.ts'
import type { CreditsError } from '../errors.ts'
import { toJson } from '../json.ts'
import { withLedger } from './ledger-session.ts'
import { printable } from './views/text.ts'

/** Where commands get the ledger from and where their answers go: as JSON, one line, or as text for people. */
export class Shell {
  /** Whether the person asked for `--json`. */
  json = false

  /** Asks the ledger, prints the answer and closes the ledger. */
  async ask<T>(
    question: (ledger: CreditLedger) => Promise<T>,
    view: (answer: T) => string,
    options?: OpenOptions,
  ): Promise<T> {
    return withLedger(async (ledger) => {
      const answer = await question(ledger)
      // Before closing: a ledger that cannot close must not hide that a write was done.
      this.print(answer, view)
      return answer
    }, options)
  }

  /** Prints what the ledger answers with in pieces, each when the one before is written: a slow reader fills no memory. */
  async pour(pieces: (ledger: CreditLedger) => AsyncIterable<string>): Promise<void> {
    await withLedger(async (ledger) => {
      for await (const piece of pieces(ledger)) {
        await new Promise<void>((written) => process.stdout.write(piece, () => written()))
        // A reader such as `head` may leave before the end.
        if (process.stdout.destroyed) return
      }
    }, undefined)
  }

  print<T>(answer: T, view: (answer: T) => string): void {
    process.stdout.write(`${this.json ? JSON.stringify(toJson(answer)) : view(answer)}\n`)
  }

  /**
   * Reports a refusal in one line: on stderr for people; with `--json` on stdout, because that is the one stream
   * which a script reads answers from.
   */
  refuse(error: CreditsError): void {
    const { code, message, data } = error
    if (this.json) process.stdout.write(`${JSON.stringify({ error: toJson({ code, message, data }) })}\n`)
    else process.stderr.write(`${mark('credits:')} ${printable(message)} (${code})\n`)
  }

  /** Reports an error that nobody raised on purpose, with its stack and its causes. */
  fail(error: unknown): void {
    process.stderr.write(`${mark('credits: unexpected error')}\n${inspect(error)}\n`)
  }
}

const mark = (text: string): string => styleText('red', text, { stream: process.stderr })
