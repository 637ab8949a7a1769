import { meteredSerper } from '../../../middleware/providers/serper/index.ts'
import type { Fake } from '../../fakes/providers/serve.ts'
import { startSerperFake } from '../../fakes/providers/serper.ts'
import { perThousand } from '../prices.ts'
import type { ExpectedCharge, MatrixSdk, Run } from '../row.ts'
import { callRows, CREDITS_ERROR, VALUES_ONLY } from './call-rows.ts'

type Search = (query: string) => Promise<unknown>

/** A search as an agent has it: a function of its own. */
function searchOf({ standIn, metering }: Run<Fake>, wrappings = 1): Search {
  let search: Search = async (q) => {
    const response = await fetch(`${standIn.url}/search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'any' },
      body: JSON.stringify({ q }),
    })
    if (!response.ok) throw new Error(`Serper answered ${response.status}.`)
    return response.json()
  }
  for (let times = 0; metering && times < wrappings; times++) search = meteredSerper(search, metering)
  return search
}

/** https://serper.dev, read on 2026-11-22: $50 for 50,000 credits. */
const CREDIT: ExpectedCharge = {
  category: 'WebSearch',
  model: 'serper/search',
  units: { credits: 1 },
  prices: { credits: perThousand('1') },
}

/** A plain function that asks Serper, against a stand-in. */
export const serper: MatrixSdk<Fake> = {
  name: 'serper',
  start: startSerperFake,
  rows: callRows({
    route: 'search',
    call: (run) => searchOf(run)('PostgreSQL 18'),
    callTwiceMetered: (run) => searchOf(run, 2)('PostgreSQL 18'),
    charges: [CREDIT],
    unstated: [{ ...CREDIT, estimated: true }],
    // The function throws what it cannot read: nobody can tell that from a call that failed.
    cut: [],
    noCredit: CREDITS_ERROR,
    retries: false,
  }),
  without: VALUES_ONLY('search'),
}
