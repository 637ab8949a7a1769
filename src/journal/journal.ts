import { mkdirSync, readdirSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { CreditsError } from '../errors.ts'
import { newId } from '../ids.ts'
import type { BookingJournal } from './bookings.ts'
import { FailedFile } from './failed-file.ts'
import { JournalFile, syncFolderOf } from './journal-file.ts'
import { journalFull, journalUnavailable } from './journal-refusals.ts'
import { thisProcess } from './owner.ts'
import type { PaidCall } from './paid-call.ts'
import { lineOf } from './records.ts'

/** What is outstanding for longer is synced: a machine that goes down loses at most this much. */
const SYNC_AFTER_MS = 20
/** A journal whose owner cannot be looked up is dead when it was not touched for six times as long. */
export const TOUCH_EVERY_MS = 10_000
/** A shorter journal is not worth rewriting. */
const REWRITE_FROM_BYTES = 4 * 1024 * 1024
/** Rewritten in parts, between which calls go on. */
const PART_BYTES = 256 * 1024
/** A folder that cannot be written is tried again after this time. */
const AGAIN_AFTER_MS = 60_000

const IGNORE = '.gitignore'

export interface JournalSettings {
  /** Of the journals of one ledger. */
  readonly folder: string
  /** The most that outstanding records may take. The file may grow to some more before it is rewritten. */
  readonly maxBytes: number
  readonly warn: (message: string) => void
}

interface Outstanding {
  readonly line: string
  readonly bytes: number
  readonly isEnded: boolean
}

/**
 * The journal of one process: an append-only file of what its calls have cost, until the ledger has it.
 *
 * A record is handed to the system before the answer that it is about is passed on, so a process that is killed
 * loses none. The disk is waited for only by what is still outstanding after 20 ms, and never by a call. So a call
 * whose capture succeeds at once, as nearly all do, costs some microseconds here and no flush; a ledger that is away
 * costs one flush for all that waits; and a machine that goes down loses at most the last 20 ms.
 */
export class Journal implements BookingJournal {
  readonly failed: FailedFile
  private readonly settings: JournalSettings
  private readonly outstanding = new Map<string, Outstanding>()
  private outstandingBytes = 0
  private file: JournalFile | undefined
  /** Ids that are not in the file yet: should they be lost, their calls are booked again, and that is once. */
  private doneIds: string[] = []
  private unsynced = new Set<string>()
  /** Whether the file lacks records, or is not where it should be. */
  private isDamaged = false
  private tryAgainAt = 0
  private readonly rewriteStepBytes: number
  private rewriteFromBytes: number
  /** What is appended while the file is being rewritten. */
  private meanwhile: string[] | undefined
  private timer: NodeJS.Timeout | undefined
  private heart: NodeJS.Timeout | undefined
  private working: Promise<void> | undefined
  private toldFull = false
  private isClosed = false

  constructor(settings: JournalSettings) {
    this.settings = settings
    this.failed = new FailedFile(join(settings.folder, 'failed.jsonl'), settings.maxBytes)
    this.rewriteStepBytes = Math.min(REWRITE_FROM_BYTES, settings.maxBytes)
    this.rewriteFromBytes = this.rewriteStepBytes
  }

  /** Where its file is, once there is one. */
  get path(): string | undefined {
    return this.file?.path
  }

  get isFull(): boolean {
    return this.outstandingBytes >= this.settings.maxBytes
  }

  /** Whether all that is outstanding is in its file. */
  get isSafe(): boolean {
    return this.file !== undefined && !this.isDamaged
  }

  admit(durable: boolean): void {
    if (this.isFull) {
      const refusal = journalFull(this.settings.folder, this.outstanding.size, this.settings.maxBytes)
      if (!this.toldFull) this.settings.warn(refusal.message)
      this.toldFull = true
      throw refusal
    }
    this.toldFull = false
    if (!durable) return
    this.open()
    if (!this.isSafe) {
      throw journalUnavailable(`the journal in ${this.settings.folder} cannot be written`)
    }
  }

  answered(call: PaidCall): void {
    this.write(call.id, lineOf({ answered: call }), false)
  }

  ended(call: PaidCall): void {
    this.write(call.id, lineOf({ ended: call }), true)
  }

  done(id: string): void {
    if (!this.forget(id)) return
    this.doneIds.push(id)
    this.schedule()
    if (this.isClosed) this.leaveIfEnded()
  }

  refused(call: PaidCall, error: CreditsError): void {
    if (this.failed.refused(call, error)) return
    this.settings.warn(
      `The ledger refuses what a call has cost (${error.code}), and ${this.failed.path} cannot keep it: ` +
        JSON.stringify(call),
    )
  }

  /** Waits until the disk has all that was written before. */
  async synced(): Promise<void> {
    await this.working
    await this.work()
  }

  /** Removes its file, or leaves it to whoever opens the ledger next. Calls that still run may end in it. */
  async close(): Promise<void> {
    await this.synced()
    // From here on nothing is synced or rewritten, so that the file may be left at any time.
    this.isClosed = true
    clearTimeout(this.timer)
    const calls = this.outstanding.size
    const path = this.leaveIfEnded()
    if (calls === 0) return
    this.settings.warn(
      `${calls} calls could not be booked before the ledger was closed. ` +
        (path === undefined
          ? 'The journal cannot be written: their charges are lost if this process ends.'
          : `They are in ${path}; the next process that opens the ledger books them.`),
    )
  }

  private write(id: string, line: string, isEnded: boolean): void {
    this.forget(id)
    const bytes = Buffer.byteLength(line)
    // Before it is in the map, which is what a new file begins with.
    const file = this.open()
    this.outstanding.set(id, { line, bytes, isEnded })
    this.outstandingBytes += bytes
    this.unsynced.add(id)
    if (file) this.append(file, this.takeDone() + line)
    this.schedule()
    if (this.isClosed) this.leaveIfEnded()
  }

  private forget(id: string): boolean {
    const known = this.outstanding.get(id)
    if (!known) return false
    this.outstanding.delete(id)
    this.outstandingBytes -= known.bytes
    this.unsynced.delete(id)
    return true
  }

  private takeDone(): string {
    return this.doneIds.length === 0 ? '' : lineOf({ done: this.doneIds.splice(0) })
  }

  private append(file: JournalFile, text: string): void {
    if (text === '') return
    try {
      file.append(text)
      this.meanwhile?.push(text)
    } catch (error) {
      // What it lacks is written when it is rewritten.
      this.damaged(error)
    }
  }

  private damaged(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    if (!this.isDamaged) {
      this.settings.warn(
        `The journal in ${this.settings.folder} cannot be written (${reason}). Until it can, what calls have cost ` +
          'and the ledger cannot take at once is kept in memory only, and lost if this process ends. Make the ' +
          'folder writable, or name another one (the journal option of openCredits, or CREDITS_JOURNAL).',
      )
    }
    this.isDamaged = true
    this.tryAgainAt = performance.now() + AGAIN_AFTER_MS
  }

  private open(): JournalFile | undefined {
    if (this.file) return this.file
    if (performance.now() < this.tryAgainAt) return undefined
    try {
      const file = this.newFile('journal')
      for (const { line } of this.outstanding.values()) file.append(line)
      this.file = file
      this.isDamaged = false
      this.heart = setInterval(() => void this.beat(), TOUCH_EVERY_MS).unref()
      return file
    } catch (error) {
      this.damaged(error)
      return undefined
    }
  }

  private newFile(suffix: string): JournalFile {
    const { folder } = this.settings
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // Under a project's folder as it is by default, it belongs in no repository.
    writeFileSync(join(folder, IGNORE), '*\n')
    const file = new JournalFile(join(folder, `${newId()}.${suffix}`))
    file.append(lineOf({ journal: 1, owner: thisProcess() }))
    return file
  }

  private schedule(): void {
    if (this.timer || this.working || this.isClosed) return
    this.timer = setTimeout(() => void this.work(), SYNC_AFTER_MS)
    // The system has the records: nothing keeps the process.
    this.timer.unref()
  }

  private async work(): Promise<void> {
    clearTimeout(this.timer)
    this.timer = undefined
    this.working ??= this.tidy().finally(() => (this.working = undefined))
    await this.working
    if (this.doneIds.length > 0 || this.unsynced.size > 0) this.schedule()
  }

  private async tidy(): Promise<void> {
    const { file } = this
    if (!file) {
      // Memory only: the next record tries again to open one.
      this.doneIds = []
      this.unsynced.clear()
      return
    }
    try {
      this.append(file, this.takeDone())
      if (this.unsynced.size > 0) {
        this.unsynced = new Set()
        await file.sync()
      }
      const isWorthIt = file.bytes >= this.rewriteFromBytes && this.outstandingBytes < file.bytes / 2
      if (isWorthIt || (this.isDamaged && performance.now() >= this.tryAgainAt)) await this.rewrite(file)
    } catch (error) {
      this.damaged(error)
    }
  }

  /** Writes what is outstanding to a new file, while calls go on, and puts it into the place of the old one. */
  private async rewrite(old: JournalFile): Promise<void> {
    this.rewriteFromBytes = old.bytes + this.rewriteStepBytes
    const fresh = this.newFile('new')
    try {
      const meanwhile: string[] = []
      this.meanwhile = meanwhile
      const lines = Array.from(this.outstanding.values(), ({ line }) => line)
      for (const part of partsOf(lines)) {
        fresh.append(part)
        await nextTurn()
      }
      await fresh.sync()
      // Twice, so that what the new file has and the disk has not is a few milliseconds old.
      fresh.append(meanwhile.splice(0).join(''))
      await fresh.sync()
      fresh.append(meanwhile.splice(0).join(''))
      fresh.moveTo(old.path)
    } catch (error) {
      fresh.close()
      rmSync(fresh.path, { force: true })
      throw error
    } finally {
      this.meanwhile = undefined
    }
    this.file = fresh
    this.isDamaged = false
    this.rewriteFromBytes = Math.max(this.rewriteStepBytes, this.outstandingBytes * 2)
    old.close()
    await fresh.sync()
    await syncFolderOf(fresh.path)
  }

  /** Every so often: says that this process lives, and sees that its journal is still there. */
  async beat(): Promise<void> {
    const { file } = this
    if (!file) return
    try {
      const isInPlace = await file.touch()
      if (!isInPlace && this.file === file) this.isDamaged = true
    } catch (error) {
      if (this.file === file) this.damaged(error)
    }
    if (!this.isClosed) await this.work()
  }

  /** Returns where its file is, if one is needed still. */
  private leaveIfEnded(): string | undefined {
    const { file } = this
    if (!file) return undefined
    for (const { isEnded } of this.outstanding.values()) if (!isEnded) return file.path
    const isNeeded = this.outstanding.size > 0
    this.file = undefined
    this.outstanding.clear()
    this.outstandingBytes = 0
    clearInterval(this.heart)
    try {
      if (isNeeded) file.moveTo(file.path.replace(/journal$/, 'left'))
      else rmSync(file.path, { force: true })
    } catch (error) {
      this.damaged(error)
    }
    file.close()
    this.removeEmptyFolder()
    return isNeeded ? file.path : undefined
  }

  private removeEmptyFolder(): void {
    const { folder } = this.settings
    try {
      if (readdirSync(folder).every((name) => name === IGNORE)) unlinkSync(join(folder, IGNORE))
      rmdirSync(folder)
    } catch {
      // Others keep theirs in it.
    }
  }
}

function* partsOf(lines: readonly string[]): Generator<string> {
  let part = ''
  for (const line of lines) {
    part += line
    if (part.length < PART_BYTES) continue
    yield part
    part = ''
  }
  if (part !== '') yield part
}
