import { appendFileSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { CreditsError } from '../errors.ts'
import type { PaidCall } from './paid-call.ts'

/** What cannot be booked, for the operator: lines of JSON. Nothing here reads them again. */
export class FailedFile {
  readonly path: string
  private readonly maxBytes: number

  constructor(path: string, maxBytes: number) {
    this.path = path
    this.maxBytes = maxBytes
  }

  /** @returns whether it is kept; otherwise the file is full or cannot be written */
  refused(call: PaidCall, error: CreditsError): boolean {
    return this.append({ code: error.code, message: error.message, call })
  }

  /** @returns whether it is kept */
  corrupt(line: string): boolean {
    return this.append({ corrupt: line })
  }

  private append(what: object): boolean {
    try {
      if (this.bytes() >= this.maxBytes) return false
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 })
      appendFileSync(this.path, `${JSON.stringify({ at: new Date().toISOString(), ...what })}\n`, {
        mode: 0o600,
      })
      return true
    } catch {
      // Whoever asked says so, with what was to be kept.
      return false
    }
  }

  private bytes(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0
  }
}
