import type { Growth } from './growth.ts'
import type { Middleware } from './middleware.ts'
import type { Slack } from './slack.ts'
import type { Throughput } from './throughput.ts'

export type Figures = Throughput & Growth & Slack & Middleware

/** A bench that measured nothing must not pass. */
export function requireFigures(figures: Figures): void {
  for (const [group, values] of Object.entries(figures)) {
    const named: Record<string, number> = typeof values === 'number' ? { value: values } : values
    for (const [name, value] of Object.entries(named)) {
      if (!Number.isFinite(value) || value <= 0) throw new Error(`The figure ${group}.${name} is ${value}.`)
    }
  }
}

export function printFigures({
  callsPerSecond,
  floor,
  baseline,
  latencyMs,
  growth,
  slack,
  middleware,
  ...figures
}: Figures): void {
  const whole = (value: number) => Math.round(value).toLocaleString('en')
  const times = (value: number) => `${value.toFixed(2)} ×`
  const lines: [string, string, string][] = [
    [
      'calls/s, 1 hot account',
      whole(callsPerSecond.hot),
      `${times(callsPerSecond.hot / floor.hot)} the floor`,
    ],
    ['', '', `${times(callsPerSecond.hot / baseline.hot)} the baseline`],
    [
      'calls/s, 1,000 accounts',
      whole(callsPerSecond.spread1k),
      `${times(callsPerSecond.spread1k / floor.spread1k)} the floor`,
    ],
    ['calls/s, 100,000 accounts', whole(callsPerSecond.spread100k), ''],
    ['floor: 2 bare INSERTs, hot', whole(floor.hot), ''],
    ['floor: 2 bare INSERTs, 1,000', whole(floor.spread1k), ''],
    ['baseline: transactions, hot', whole(baseline.hot), ''],
    [
      'authorize idle, p50 ms',
      latencyMs.authorizeP50.toFixed(3),
      `${times(latencyMs.authorizeP50 / latencyMs.insertP50)} one bare INSERT`,
    ],
    ['growth: authorize, entries', times(growth.authorizeEntries), ''],
    ['growth: balance, entries', times(growth.balanceEntries), ''],
    ['growth: authorize, batches', times(growth.authorizeBatches), ''],
    ['growth: balance, batches', times(growth.balanceBatches), ''],
    ['bytes stored per call', whole(figures.bytesPerCall.storage), ''],
    ['bytes of WAL per call', whole(figures.bytesPerCall.wal), ''],
    [
      '50 × /credits at once, p95 ms',
      slack.ackP95Ms.toFixed(1),
      `${slack.ackP50Ms.toFixed(1)} ms p50, until acknowledged`,
    ],
    [
      'metered call: added, p50 ms',
      middleware.addedMs.toFixed(3),
      `${times(middleware.addedToCall)} one authorize`,
    ],
    ['metered stream: tokens/s', times(middleware.streamSpeed), 'over unmetered'],
    ['hostile 40 KB prompt, ms', middleware.hostilePromptMs.toFixed(3), 'all of metering'],
    ['memory over the streams', times(middleware.heapGrowth), `${times(middleware.residentGrowth)} resident`],
    ['peak memory, MiB', whole(figures.peakMemoryMiB), `${times(figures.memoryGrowth)} over the calls`],
  ]
  for (const [name, value, ratio] of lines) console.log(`${name.padEnd(32)}${value.padStart(12)}  ${ratio}`)
}
