/** Slack takes about one message a second in a channel: the next goes so long after the last was answered. */
const EVERY_MS = 1_000

/** How far apart the turns are: an answer takes a little itself, and who comes too early is sent back in line. */
const TURN_MS = 1_100

/** Channels remembered: those of some minutes. */
const REMEMBERED_MAX = 10_000

interface Line {
  /** When the next message may go, if none is under way. */
  freeAt: number
  isUnderWay: boolean
  /** When the last of those that were sent to the end of the line comes back. */
  endsAt: number
}

/** Keeps this process's messages to a channel a second apart, and a workspace's all back after a 429. */
export class Pace {
  private readonly now: () => number
  private readonly lines = new Map<string, Line>()
  private readonly pausedUntil = new Map<string, number>()

  constructor(now: () => number = () => performance.now()) {
    this.now = now
  }

  /** How long to wait before asking again; 0: it is one's turn, which is taken by that, until `done`. */
  take(team: string, channel: string): number {
    const now = this.now()
    const name = `${team}:${channel}`
    const line = this.lines.get(name) ?? { freeAt: 0, isUnderWay: false, endsAt: 0 }
    const answeredAt = line.isUnderWay ? now + EVERY_MS : 0
    const freeAt = Math.max(line.freeAt, answeredAt, this.pausedUntil.get(team) ?? 0)
    if (freeAt > now) {
      const turnAt = Math.max(freeAt, line.endsAt + TURN_MS)
      this.remember(name, { ...line, endsAt: turnAt })
      return turnAt - now
    }
    this.remember(name, { freeAt: now + TURN_MS, isUnderWay: true, endsAt: line.endsAt })
    return 0
  }

  /** The message whose turn it was has been answered, or was not sent. */
  done(team: string, channel: string): void {
    const name = `${team}:${channel}`
    const line = this.lines.get(name)
    if (line === undefined) return
    const freeAt = Math.max(line.freeAt, this.now() + EVERY_MS)
    this.remember(name, { ...line, freeAt, isUnderWay: false })
  }

  /** Slack asked the workspace's bot to wait. */
  pause(team: string, durationMs: number): void {
    if (this.pausedUntil.size >= REMEMBERED_MAX) this.pausedUntil.clear()
    this.pausedUntil.set(team, this.now() + durationMs)
  }

  private remember(name: string, line: Line): void {
    if (this.lines.size >= REMEMBERED_MAX) this.lines.clear()
    this.lines.set(name, line)
  }
}
