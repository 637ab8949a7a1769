import { tavily as plainTavily, type TavilyClient } from '@tavily/core'
import { meteredTavily } from '../../../middleware/providers/tavily/index.ts'
import { startTavilyFake, type TavilyFake } from '../../fakes/providers/tavily.ts'
import type { ExpectedCharge, MatrixSdk, Row, Run } from '../row.ts'
import { CREDITS_ERROR, callRows, VALUES_ONLY } from './call-rows.ts'

const clientOf = ({ standIn, metering }: Run<TavilyFake>, wrappings = 1): TavilyClient => {
  let client = plainTavily({ apiKey: 'tvly-any', apiBaseURL: standIn.url })
  for (let times = 0; metering && times < wrappings; times++) client = meteredTavily(client, metering)
  return client
}

/** https://docs.tavily.com/documentation/api-credits, read on 2026-11-22. */
const charge = (method: string, credits: number, estimated?: true): ExpectedCharge => ({
  category: 'WebSearch',
  model: `tavily/${method}`,
  units: { credits },
  prices: { credits: { dollars: '0.008', per: 1n } },
  ...(estimated && { estimated }),
})

const rowsOf = (
  method: string,
  credits: number,
  most: number,
  call: (client: TavilyClient) => Promise<unknown>,
): Row<TavilyFake>[] =>
  callRows({
    route: method,
    call: (run) => call(clientOf(run)),
    callTwiceMetered: (run) => call(clientOf(run, 2)),
    charges: [charge(method, credits)],
    unstated: [charge(method, most, true)],
    // The client throws what has come of the answer away.
    cut: [],
    noCredit: CREDITS_ERROR,
    retries: false,
    adds: { include_usage: true },
  })

const URLS = ['https://a.example', 'https://b.example']

/** @tavily/core, against a stand-in. */
export const tavily: MatrixSdk<TavilyFake> = {
  name: 'tavily',
  start: startTavilyFake,
  rows: [
    ...rowsOf('search', 2, 2, (client) => client.search('PostgreSQL 18', { searchDepth: 'advanced' })),
    ...rowsOf('extract', 1, 1, (client) => client.extract(URLS)),
    ...rowsOf('crawl', 3, 3, (client) => client.crawl('https://postgresql.org', { limit: 10 })),
    ...rowsOf('map', 1, 5, (client) => client.map('https://postgresql.org')),
  ],
  without: ['search', 'extract', 'crawl', 'map'].flatMap(VALUES_ONLY),
}
