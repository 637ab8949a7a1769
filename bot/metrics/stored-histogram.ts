import { Gauge, Histogram, type Registry } from 'prom-client'

/** What a histogram has seen with one set of labels. */
export interface StoredSeries {
  readonly labels: Readonly<Record<string, string>>
  /** How many were at most this long, and longer than the bucket before, shortest first; the last is `+Inf`. */
  readonly buckets: readonly (readonly [bound: string, count: number])[]
  readonly sum: number
}

/**
 * A histogram that was observed elsewhere, and is only shown here: prom-client's own can only observe, so this is one
 * of its gauges that prints another's head, with values of its own.
 */
export class StoredHistogram extends Gauge {
  private readonly head: Histogram
  private series: readonly StoredSeries[] = []

  constructor(registry: Registry, name: string, help: string) {
    super({ name, help, registers: [registry] })
    this.head = new Histogram({ name, help, registers: [] })
  }

  show(series: readonly StoredSeries[]): void {
    this.series = series
  }

  override async get() {
    const head = await this.head.get()
    return { ...head, values: this.series.flatMap((series) => samplesOf(head.name, series)) }
  }
}

function samplesOf(name: string, { labels, buckets, sum }: StoredSeries) {
  let count = 0
  const samples = buckets.map(([le, more]) => {
    count += more
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count }
  })
  return [
    ...samples,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ]
}
