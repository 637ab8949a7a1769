import type { z } from 'zod'
import type { CreditLedger } from '../../src/credits.ts'
import type { FormField } from '../views/admin/form.ts'
import type { Sheet } from '../views/admin/sheet.ts'
import { type Fields, type Read, readFields } from './fields.ts'

export const ADMIN_ACTION_NAMES = ['grant', 'void', 'refund', 'extend', 'threshold'] as const
export type AdminActionName = (typeof ADMIN_ACTION_NAMES)[number]

/** What goes into the ledger beside the terms. */
export interface Write {
  /** The same key writes once. */
  readonly key: string
  /** Who, on the ledger's entry. */
  readonly actor: string
}

export interface Outcome {
  readonly sheet: Sheet
  /** Ids and amounts for the log: no text that somebody wrote. */
  readonly figures: Readonly<Record<string, string>>
}

/** Something that an admin asked for, checked, but for what only the ledger knows. */
export interface Proposal {
  readonly account: string
  /** @throws CreditsError where it cannot be done */
  preview(ledger: CreditLedger): Promise<Sheet>
  /** @throws CreditsError where it cannot be done */
  perform(ledger: CreditLedger, write: Write): Promise<Outcome>
}

/** One thing that admins do, by command, form or button. */
export interface AdminAction {
  readonly name: AdminActionName
  readonly summary: string
  /** What follows its name in the command. */
  readonly usage: string
  readonly example: string
  /** Of its form, at most 24 characters. */
  readonly title: string
  /** Of the button that does it, e.g. `Grant`. */
  readonly verb: string
  /** What its form asks for, and which of it may be left out. */
  readonly form: readonly FormField[]
  readonly optional: readonly FormField[]
  /** Whether it needs no batch or charge: then the command alone opens the form. */
  readonly isAboutAccount: boolean
  /**
   * Sorts what was typed into fields, unchecked.
   *
   * @throws CreditsError `invalid_input` for words that belong nowhere
   */
  fieldsOf(words: readonly string[]): Fields
  read(fields: Fields): Read<Proposal>
}

interface Definition<Shape extends z.ZodType<{ account: string }>> extends Omit<AdminAction, 'read'> {
  readonly shape: Shape
  preview(ledger: CreditLedger, terms: z.output<Shape>): Promise<Sheet>
  perform(ledger: CreditLedger, terms: z.output<Shape>, write: Write): Promise<Outcome>
}

export function adminAction<Shape extends z.ZodType<{ account: string }>>({
  shape,
  preview,
  perform,
  ...rest
}: Definition<Shape>): AdminAction {
  return {
    ...rest,
    read(fields) {
      const read = readFields(shape, fields)
      if ('problems' in read) return read
      const { terms } = read
      return {
        terms: {
          account: terms.account,
          preview: (ledger) => preview(ledger, terms),
          perform: (ledger, write) => perform(ledger, terms, write),
        },
      }
    },
  }
}
