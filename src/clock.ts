/**
 * Where an instant comes from. The ledger's is the database's clock, read after the account's lock; a test sets
 * its own.
 */
export interface Clock {
  now(): Date
}

/** A clock that stands still until it is set or moved, for tests. */
export class TestClock implements Clock {
  private instant: number

  constructor(start: Date | string = '2026-01-01T00:00:00Z') {
    this.instant = new Date(start).getTime()
  }

  now(): Date {
    return new Date(this.instant)
  }

  set(instant: Date | string): void {
    this.instant = new Date(instant).getTime()
  }

  advance(milliseconds: number): void {
    this.instant += milliseconds
  }
}
