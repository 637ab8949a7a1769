import type { WebClient } from '@slack/web-api'
import { accountOfPerson } from '../payload-person.ts'
import type { BotServices, Person } from '../services.ts'
import { endsWithin } from '../../src/time-limit.ts'
import { type ActiveCredits, type BatchPage, PAGE_SIZE } from '../views/active-credits.ts'
import { type BatchList, TABLE_ROWS_MAX } from '../views/batches.ts'

/** How many batches one query lists while the last page is looked for. */
const COUNTED_AT_ONCE = 1_000

/** A person sees their batches also where Slack does not say in time that they are an admin. */
const RIGHTS_WITHIN_MS = 1_000

/** What the modal shows to a person: a page, and whether an admin's buttons belong to it. */
export interface PersonsPage {
  readonly content: ActiveCredits
  readonly isAdmin: boolean
}

export async function readPersonsPage(
  services: BotServices,
  client: WebClient,
  person: Person,
  wanted: BatchPage,
): Promise<PersonsPage> {
  const account = accountOfPerson(services, person)
  const isAdmin = services.people.isAdmin(client, person)
  const [content, isKnown] = await Promise.all([
    readPage(services, account, wanted),
    endsWithin(isAdmin, RIGHTS_WITHIN_MS),
  ])
  return { content, isAdmin: isKnown && (await isAdmin) }
}

/** The page that is wanted or, where batches are gone since it was counted, the last one. */
async function readPage(
  services: BotServices,
  account: string,
  { page, all }: BatchPage,
): Promise<ActiveCredits> {
  const [balance, list] = await Promise.all([
    services.ledger.balance(account),
    readList(services, account, { all, offset: page * PAGE_SIZE, count: PAGE_SIZE }),
  ])
  if (list.batches.length > 0 || page === 0) return { ...list, page, all, balance }
  const last = await findLastPage(services, account, all)
  const lastList = await readList(services, account, { all, offset: last * PAGE_SIZE, count: PAGE_SIZE })
  return { ...lastList, page: last, all, balance }
}

async function findLastPage({ ledger }: BotServices, account: string, all: boolean): Promise<number> {
  let count = 0
  let listed: number
  do {
    listed = (await ledger.batches(account, { all, offset: count, limit: COUNTED_AT_ONCE })).length
    count += listed
  } while (listed === COUNTED_AT_ONCE)
  return Math.max(0, Math.ceil(count / PAGE_SIZE) - 1)
}

/** As many batches as a table has rows. */
export const readTable = (services: BotServices, account: string, all: boolean): Promise<BatchList> =>
  readList(services, account, { all, offset: 0, count: TABLE_ROWS_MAX })

/** So many batches, and whether there are more: one more than shown is asked for. */
export async function readList(
  { ledger }: Pick<BotServices, 'ledger'>,
  account: string,
  { all, offset, count }: { all: boolean; offset: number; count: number },
): Promise<BatchList> {
  const batches = await ledger.batches(account, { all, offset, limit: count + 1 })
  return { batches: batches.slice(0, count), hasMore: batches.length > count }
}
