import { execFile } from 'node:child_process'
import { link, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { codeOf } from '../unreachable.ts'

/** What a server says of itself in postmaster.pid, from its start to its end. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** `starting`, `ready`, `stopping`; empty at the very start. */
  readonly status: string
  /** The whole file. */
  readonly text: string
}

/** @param data the folder that PostgreSQL calls PGDATA */
export async function readPostmaster(data: string): Promise<Postmaster | undefined> {
  let text: string
  try {
    text = await readFile(fileIn(data), 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
  const [pid = '', , , port = '', , , , status = ''] = text.split('\n')
  // A single-user server (initdb) writes its number negative.
  return { pid: Math.abs(Number(pid)), port: Number(port), status: status.trim(), text }
}

/**
 * Whose the process number in postmaster.pid is: after a crash of the machine, or in a new container, it may belong
 * to another program.
 */
export async function ownerOf({ pid }: Postmaster, data: string): Promise<'server' | 'another' | 'nobody'> {
  if (!Number.isInteger(pid) || pid <= 0) return 'nobody'
  try {
    process.kill(pid, 0)
  } catch {
    // No such process; or it is another user's, and the server would be ours: PostgreSQL, too, passes over that.
    return 'nobody'
  }
  const command = await readCommand(pid)
  // Where it cannot be read it counts as the server: to take a running server for none would be the worse error.
  if (command === undefined) return 'server'
  if (!/^postgres(\.exe)?$/.test(basename(command[0] ?? ''))) return 'another'
  const at = command.indexOf('-D')
  const directory = at < 0 ? data : await realpath(command[at + 1] ?? '').catch(() => data)
  return directory === data ? 'server' : 'another'
}

/** The command line of a process. */
async function readCommand(pid: number): Promise<string[] | undefined> {
  try {
    if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0')
    if (process.platform === 'win32') return undefined
    const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)])
    return stdout.trim().split(' ')
  } catch {
    // It ended meanwhile, or the system hides the processes of others.
    return undefined
  }
}

/** More than any system gives to a process. */
const NO_PID = 2 ** 31 - 1

/**
 * Strikes the process number out of the postmaster.pid of a server that is no more and whose number another process
 * has now: PostgreSQL would not start beside it. The rest stays, since PostgreSQL tells from it whether sessions of
 * the dead server still live, and must not be started beside those. An empty file says nothing, and goes.
 *
 * Between reading and writing, a new server may have put its own file there: so the file is first moved aside and
 * looked at, and goes back as it was if it is not the one that was meant.
 */
export async function strikeOut(stale: Postmaster, data: string): Promise<void> {
  const aside = join(data, `postmaster.pid.${process.pid}`)
  try {
    await rename(fileIn(data), aside)
    const text = await readFile(aside, 'utf8')
    if (text === stale.text) await writeFile(aside, text.replace(/^-?\d+/, String(NO_PID)))
    if (text !== '' || stale.text !== '') await link(aside, fileIn(data))
  } catch (error) {
    // Another process was at it, too, or a new server has written its own.
    if (!['ENOENT', 'EEXIST'].includes(codeOf(error) ?? '')) throw error
  } finally {
    await rm(aside, { force: true })
  }
}

const fileIn = (data: string) => join(data, 'postmaster.pid')
