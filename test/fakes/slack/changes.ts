/** Longer than anything awaited here takes on a busy machine. */
const PATIENCE_MS = 15_000

/** Lets tests await what the fake comes to know, instead of asking again and again. */
export class Changes {
  private readonly listeners = new Set<() => void>()

  notify(): void {
    for (const listener of this.listeners) listener()
  }

  /** What `read` gives as soon as it gives something. */
  until<Found>(read: () => Found | undefined, what: string): Promise<Found> {
    const found = read()
    if (found !== undefined) return Promise.resolve(found)
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        this.listeners.delete(look)
      }
      const look = () => {
        const value = read()
        if (value === undefined) return
        end()
        resolve(value)
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error(`Slack waited ${PATIENCE_MS / 1000} s in vain for ${what}.`))
      }, PATIENCE_MS)
      this.listeners.add(look)
    })
  }
}
