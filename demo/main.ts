import { asc, eq } from 'drizzle-orm'
import { charges as chargesOfLedger } from '../db/schema.ts'
import { auditView } from '../src/cli/views/audit.ts'
import { activeCreditsTable } from '../src/cli/views/batches.ts'
import { receiptView } from '../src/cli/views/receipt.ts'
import { usageTable } from '../src/cli/views/usage.ts'
import { CreditsError, type CreditLedger, openCredits } from '../src/index.ts'
import type { Receipt } from '../src/types.ts'
import { blocksAsText } from './blocks-as-text.ts'
import { chargesTable } from './charges-table.ts'
import { startOpenAiStandIn } from './openai-stand-in.ts'
import { startSearchService } from './search-service.ts'
import { typeCreditsInSlack } from './slack-visit.ts'
import { heading, print, step, streamPrinter } from './terminal.ts'

const RECORDING = new URL('./voice-message.wav', import.meta.url)

/** Small enough that the conversation uses it up, so that one sees the Paid batch take over. */
const SIGNUP = { type: 'free', amount: '8.5', expiresIn: '30d', key: 'signup' } as const
const TOP_UP = { type: 'paid', amount: '500', expiresIn: '365d', key: 'first top-up' } as const

/** Between two pieces of the stand-in's answer, so that one sees it stream. */
const PACE_MS = 10

/**
 * The worked example: an agent takes a voice message, thinks, searches and answers on prepaid credit, and then one
 * sees where each credit went. Every run has an account of its own, so that it may be run again.
 *
 * Ends with exit code 1 where the audit finds a divergence.
 *
 * @throws CreditsError `peer_missing` without the `openai` package
 */
export async function demo(): Promise<void> {
  const agent = await loadAgent()
  const account = `demo-${new Date().toISOString().replaceAll(/[-:Z]/g, '').replaceAll(/[T.]/g, '-')}`
  const credits = await openCredits()
  try {
    print(`Ledger   ${placeOf(credits)}`)
    print(`Account  ${account}`)
    print(`Price    ${agent.PRICING.creditsPerDollar} credits for a US dollar, as the provider bills it`)
    await credits.grant(account, SIGNUP)
    await credits.grant(account, TOP_UP)

    heading('Active Credits before')
    print(activeCreditsTable(await credits.batches(account)))

    heading('A voice message comes in')
    await runAgent(agent, credits, account)
    await credits.settled()

    await showWhereItWent(credits, account)
    await showSlack(credits, account)
    await showAudit(credits, account)
  } finally {
    await credits.close()
  }
}

type Agent = typeof import('./agent.ts')

/** The agent stands on the official SDK, which users of the ledger alone do not have. */
async function loadAgent(): Promise<Agent> {
  try {
    return await import('./agent.ts')
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
    if (!isMissing) throw error
    throw new CreditsError(
      'peer_missing',
      'The demo needs the official SDK: npm install openai',
      {},
      { cause: error },
    )
  }
}

async function runAgent(agent: Agent, credits: CreditLedger, account: string): Promise<void> {
  const apiKey = process.env.OPENAI_API_KEY
  const standIn = apiKey ? undefined : await startOpenAiStandIn({ paceMs: PACE_MS })
  const search = await startSearchService()
  const answer = streamPrinter()
  let isAnswering = false
  print(
    standIn === undefined
      ? 'The models are OpenAI’s (OPENAI_API_KEY is set); the search is a stand-in on the loopback.'
      : 'OPENAI_API_KEY is not set: models and search are stand-ins on the loopback, over HTTP.',
  )
  print()
  try {
    await credits.run({ account, agent: 'voice-desk', user: 'U07DEMO', conversation: 'C07DEMO' }, () =>
      agent.answerVoiceMessage(
        {
          credits,
          apiKey: apiKey || 'stand-in',
          baseURL: standIn?.url,
          searchUrl: search.url,
          onStep: (name, detail) => {
            if (isAnswering) answer.end()
            isAnswering = false
            step(name, detail)
          },
          onAnswer: (piece) => {
            isAnswering = true
            answer.write(piece)
          },
        },
        RECORDING,
      ),
    )
  } finally {
    await search.close()
    await standIn?.close()
  }
}

async function showWhereItWent(credits: CreditLedger, account: string): Promise<void> {
  heading('Active Credits after: Free was drawn first')
  print(activeCreditsTable(await credits.batches(account, { all: true })))

  heading('What each call cost')
  const charges = await readCharges(credits, account)
  print(chargesTable(charges))

  heading('Usage by category')
  print(usageTable(account, await credits.usage(account, { by: ['category'] }), ['category']))

  const example = charges.find((charge) => charge.draws.length > 1) ?? charges.at(-1)
  if (example !== undefined) {
    heading('One receipt')
    print(receiptView(example))
  }
}

/** While another agent's call runs, so that what is held shows. */
async function showSlack(credits: CreditLedger, account: string): Promise<void> {
  heading('/credits in Slack, while another call runs')
  const hold = await credits.authorize(account, { amount: '2', category: 'LLM', agent: 'night-report' })
  const { url, message } = await typeCreditsInSlack(credits, account)
  await credits.release(account, hold.id)
  print(`Posted to ${url}, signed as Slack signs. Only who asked sees it:\n`)
  print(blocksAsText(message))
}

async function showAudit(credits: CreditLedger, account: string): Promise<void> {
  heading('Audit: every balance recomputed from the entries')
  const report = await credits.audit(account)
  print(auditView(report))
  print(`\nLook around: npm run credits -- batches ${account}`)
  if (!report.ok) process.exitCode = 1
}

/** In the order they were made: their ids are ordered by time. */
async function readCharges(credits: CreditLedger, account: string): Promise<Receipt[]> {
  const drizzle = await credits.database.drizzle()
  const rows = await drizzle
    .select({ id: chargesOfLedger.id })
    .from(chargesOfLedger)
    .where(eq(chargesOfLedger.accountId, account))
    .orderBy(asc(chargesOfLedger.id))
  return Promise.all(rows.map(({ id }) => credits.explain(account, id)))
}

function placeOf(credits: CreditLedger): string {
  const { hostname, port, pathname } = new URL(credits.database.url)
  const isEmbedded = !process.env.DATABASE_URL
  return isEmbedded
    ? `embedded PostgreSQL on port ${port}, kept in .credits/postgres`
    : `the PostgreSQL of DATABASE_URL, ${hostname}${pathname}`
}
