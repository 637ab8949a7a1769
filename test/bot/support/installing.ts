import { randomBytes } from 'node:crypto'
import type { SlackConnection } from '../../../bot/index.ts'
import { CLIENT_ID, CLIENT_SECRET, type FakeSlack, SIGNING_SECRET } from '../../fakes/slack.ts'

export const ENCRYPTION_KEY = randomBytes(32)

/** For a bot that any workspace may install. */
export const OAUTH: SlackConnection = {
  signingSecret: SIGNING_SECRET,
  oauth: {
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    stateSecret: 'state-secret-of-32-characters-or-so',
    encryptionKey: ENCRYPTION_KEY,
    publicUrl: 'https://credits.example.com',
  },
}

/** Where the app is installed from. */
interface Site {
  server: { url: string }
  slack: FakeSlack
}

/** A browser that was sent to Slack. */
export interface Visit {
  /** Where Slack asks for consent. */
  address: URL
  cookie: string
}

/** Visits the page of installation. */
export async function visitInstall({ server }: Pick<Site, 'server'>): Promise<Visit> {
  const response = await fetch(`${server.url}/slack/install`, { redirect: 'manual' })
  if (response.status !== 302) throw new Error(`Answered ${response.status}: ${await response.text()}`)
  return {
    address: new URL(response.headers.get('location') ?? ''),
    cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '',
  }
}

/** Comes back from Slack. */
export function comeBack(
  { server }: Pick<Site, 'server'>,
  code: string,
  { address, cookie }: Visit,
): Promise<Response> {
  const query = new URLSearchParams({ code, state: address.searchParams.get('state') ?? '' })
  return fetch(`${server.url}/slack/oauth_redirect?${query.toString()}`, { headers: { cookie } })
}

/** Installs the app, as a person in a browser does. */
export async function install(
  site: Site,
  team: string,
  options?: Parameters<FakeSlack['approve']>[1],
): Promise<void> {
  const response = await comeBack(site, site.slack.approve(team, options), await visitInstall(site))
  const page = await response.text()
  if (response.status !== 200) throw new Error(`Answered ${response.status}: ${page}`)
}
