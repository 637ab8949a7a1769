/** Slack takes about one message a second in a channel. */
const EVERY_MS = 1_000

/** Channels remembered: those of some minutes. */
const REMEMBERED_MAX = 10_000

interface Line {
  /** When the next message may go. */
  freeAt: number
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

  /** How long to wait before asking again; 0: it is one's turn, which is taken by that. */
  take(team: string, channel: string): number {
    const now = this.now()
    const name = `${team}:${channel}`
    const line = this.lines.get(name) ?? { freeAt: 0, endsAt: 0 }
    const freeAt = Math.max(line.freeAt, this.pausedUntil.get(team) ?? 0)
    if (freeAt > now) {
      const turnAt = Math.max(freeAt, line.endsAt + EVERY_MS)
      this.remember(name, { freeAt: line.freeAt, endsAt: turnAt })
      return turnAt - now
    }
    this.remember(name, { freeAt: now + EVERY_MS, endsAt: line.endsAt })
    return 0
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
