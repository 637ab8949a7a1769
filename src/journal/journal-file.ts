import { closeSync, fdatasync, fstatSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs'
import { open, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const syncData = promisify(fdatasync)

/** An append-only file of lines. What was appended survives this process; what was synced, the machine. */
export class JournalFile {
  /** Where it is now; it may be moved. */
  path: string
  bytes = 0
  private readonly descriptor: number
  private readonly inode: number

  /** @throws Error of the file system; also if there is one already */
  constructor(path: string) {
    this.path = path
    this.descriptor = openSync(path, 'ax', 0o600)
    this.inode = fstatSync(this.descriptor).ino
  }

  /**
   * Writes before it returns: the system has it then, whatever happens to this process.
   *
   * @throws Error of the file system; then nothing was appended
   */
  append(text: string): void {
    const data = Buffer.from(text)
    try {
      for (let at = 0; at < data.length;) at += writeSync(this.descriptor, data, at)
    } catch (error) {
      // Half a line must not stand before the next one.
      ftruncateSync(this.descriptor, this.bytes)
      throw error
    }
    this.bytes += data.length
  }

  sync(): Promise<void> {
    return syncData(this.descriptor)
  }

  /**
   * Says that its owner lives.
   *
   * @returns whether it is still where it was made: somebody may have cleared the folder
   */
  async touch(): Promise<boolean> {
    // By its path: its descriptor may be closed, and be another file's, before the system gets to it.
    const { path } = this
    try {
      const now = new Date()
      await utimes(path, now, now)
      return (await stat(path)).ino === this.inode
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  }

  moveTo(path: string): void {
    renameSync(this.path, path)
    this.path = path
  }

  close(): void {
    closeSync(this.descriptor)
  }
}

/** A new name of a file is safe when its folder is. */
export async function syncFolderOf(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
