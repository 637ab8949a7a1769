/** Work that began between two waits. */
export interface Era {
  underway: number
  ended: (() => void) | undefined
}

const newEra = (): Era => ({ underway: 0, ended: undefined })

/** Counts work, so that one can wait for what has begun and not for what begins meanwhile: that may never end. */
export class Underway {
  private era = newEra()
  private readonly waitedFor = new Set<Promise<void>>()

  /** @param era of the work that this takes the place of; whoever waits for that waits for this */
  begin(era = this.era): Era {
    era.underway += 1
    return era
  }

  /** @param era what `begin` gave */
  end(era: Era): void {
    era.underway -= 1
    if (era.underway === 0) era.ended?.()
  }

  /** Waits for all that has begun before. */
  async ended(): Promise<void> {
    const { era } = this
    if (era.underway > 0) {
      this.era = newEra()
      const ended = new Promise<void>((resolve) => (era.ended = resolve))
      this.waitedFor.add(ended)
      void ended.then(() => this.waitedFor.delete(ended))
    }
    await Promise.all(this.waitedFor)
  }
}
