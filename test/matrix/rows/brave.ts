import { BraveSearch } from 'brave-search'
import { meteredBrave } from '../../../middleware/providers/brave/index.ts'
import { startBraveFake } from '../../fakes/providers/brave.ts'
import type { Fake } from '../../fakes/providers/serve.ts'
import { perThousand } from '../prices.ts'
import type { ExpectedCharge, MatrixSdk, Row, Run } from '../row.ts'
import { callRows, CREDITS_ERROR, VALUES_ONLY } from './call-rows.ts'

const clientOf = ({ standIn, metering }: Run<Fake>, wrappings = 1): BraveSearch => {
  let client = new BraveSearch('any')
  // The client has no option for it.
  Reflect.set(client, 'baseUrl', `${standIn.url}/res/v1`)
  for (let times = 0; metering && times < wrappings; times++) client = meteredBrave(client, metering)
  return client
}

/** https://api-dashboard.search.brave.com/app/plans, read on 2026-11-22: every search has one price. */
const REQUEST: ExpectedCharge = {
  category: 'WebSearch',
  model: 'brave/search',
  units: { requests: 1 },
  prices: { requests: perThousand('5') },
}

const rowsOf = (route: string, call: (client: BraveSearch) => Promise<unknown>): Row<Fake>[] =>
  callRows({
    route,
    call: (run) => call(clientOf(run)),
    callTwiceMetered: (run) => call(clientOf(run, 2)),
    charges: [REQUEST],
    // No answer states its cost, and none needs to.
    unstated: [REQUEST],
    // The client throws what it cannot read: nobody can tell that from a call that failed.
    cut: [],
    noCredit: CREDITS_ERROR,
    retries: false,
  })

/** brave-search, against a stand-in. */
export const brave: MatrixSdk<Fake> = {
  name: 'brave',
  start: startBraveFake,
  rows: [
    ...rowsOf('web', (client) => client.webSearch('PostgreSQL 18', { count: 5 })),
    ...rowsOf('news', (client) => client.newsSearch('PostgreSQL 18')),
  ],
  without: [...VALUES_ONLY('web'), ...VALUES_ONLY('news')],
}
