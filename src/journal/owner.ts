import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/** The process that writes a journal, as others can recognise it. */
export interface Owner {
  /** Where its pid means something. */
  readonly host: string
  readonly pid: number
  /** When it started, in the system's own measure: pids are used again. Null where the system does not say. */
  readonly started: string | null
}

let self: Owner | undefined

export function thisProcess(): Owner {
  self ??= { host: thisHost(), pid: process.pid, started: startOf(process.pid)?.started ?? null }
  return self
}

/** Whether a process runs; `unknown` on another machine or in another container, or where pids cannot be told. */
export function stateOf(owner: Owner): 'alive' | 'dead' | 'unknown' {
  if (owner.host !== thisProcess().host) return 'unknown'
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'dead'
    // EPERM: it runs, and is another user's.
  }
  const start = startOf(owner.pid)
  if (!start || owner.started === null) return 'unknown'
  return start.isGone || start.started !== owner.started ? 'dead' : 'alive'
}

/** A name alone would not do: containers share names, and a folder, but no pids. */
function thisHost(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    // Not Linux.
    return hostname()
  }
}

/** A process that has ended and was not fetched by its parent is still listed. */
function startOf(pid: number): { started: string; isGone: boolean } | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    // Not Linux, or it has just ended.
    return undefined
  }
  // The name, in parentheses, may hold anything; the state follows, and the start is the 20th from there.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state = ''] = fields
  const started = fields[19]
  return started === undefined ? undefined : { started, isGone: state === 'Z' || state === 'X' }
}
