import { CreditsError } from '../../../src/errors.ts'
import type { Usage } from '../../../src/rates.ts'
import { type JsonObject, objectAt, objectsAt, parseObject, stringAt } from '../../json.ts'
import type { CallPlan, EventReader, PlanTerms, UsageLine, UsageReport } from '../../provider.ts'
import type { MeteredRequest } from '../../request.ts'
import { NOTHING_USED, ratesOfAnswer, readJsonEvents, writtenBytes } from '../answer.ts'
import { averageTokens, estimatedInput, estimatedOutput, measureInput, probableInput } from '../estimate.ts'
import { checkServiceTier, modelOf, unpricedTier } from '../request-body.ts'
import { planTools, SEARCH_CONTENT_TOKENS, toolUse } from './tools.ts'
import { responseUsage } from './usage.ts'

/** Events after which a response uses nothing more. */
const LAST_EVENTS: readonly unknown[] = [
  'response.completed',
  'response.incomplete',
  'response.failed',
  'error',
]

/** Those of them that say that something went wrong: before a word was written, it cost nothing. */
const FAILURES: readonly unknown[] = ['response.failed', 'error']

/** `POST /responses` */
export async function planResponse(request: MeteredRequest, terms: PlanTerms): Promise<CallPlan> {
  const { text, value: body } = await request.json()
  refuseBackground(body)
  const model = modelOf(body)
  const rates = terms.requireRates(model)
  checkServiceTier(body['service_tier'], terms)
  const tools = planTools(body, model, rates, terms)
  const size = measureInput(text, body)
  const output = estimatedOutput([body['max_output_tokens']], rates, terms)

  const lines = (usage: Usage, webSearches: number, served = rates, servedModel?: string): UsageLine[] => [
    { category: 'LLM', usage, rates: served, model: servedModel },
    ...(webSearches > 0
      ? [
          {
            category: 'WebSearch' as const,
            usage: { web_searches: BigInt(webSearches) },
            rates: rates && tools.searchRates,
          },
        ]
      : []),
  ]
  const readResponse = (response: JsonObject): UsageReport | undefined => {
    const usage = responseUsage(response['usage'])
    if (!usage) return undefined
    const { webSearches, fileSearches, unpriced } = toolUse(objectsAt(response, 'output'))
    const served = ratesOfAnswer(response, rates, terms)
    return {
      lines: lines(
        { ...usage, ...(fileSearches > 0 ? { storage_searches: BigInt(fileSearches) } : {}) },
        webSearches,
        served.rates,
        served.model,
      ),
      unpriced: [
        ...unpricedTier(response['service_tier']),
        ...unpriced.map((type) => `no price for ${type}`),
      ],
      providerId: stringAt(response, 'id'),
    }
  }
  const estimateWritten = (bytes: number, webSearches: number, providerId?: string): UsageReport => ({
    lines: lines(
      {
        ...probableInput(size, webSearches * SEARCH_CONTENT_TOKENS),
        output_tokens: BigInt(averageTokens(bytes)),
      },
      webSearches,
    ),
    estimated: true,
    note: 'the usage was not stated; estimated from what was delivered',
    providerId,
  })
  return {
    model,
    category: 'LLM',
    estimate: lines(
      {
        ...estimatedInput(size, tools.searches * SEARCH_CONTENT_TOKENS, rates, terms),
        output_tokens: output,
      },
      tools.searches,
    ),
    readAnswer: (answer) => readAnswer(parseObject(answer) ?? {}, readResponse),
    estimateAnswer: (answer) => estimateWritten(Buffer.byteLength(answer), 0),
    readEvents: () => readResponseEvents(readResponse, estimateWritten),
  }
}

/** A response that failed before it used anything states no usage and costs nothing. */
function readAnswer(
  response: JsonObject,
  readResponse: (response: JsonObject) => UsageReport | undefined,
): UsageReport | undefined {
  const report = readResponse(response)
  return report ?? (response['status'] === 'failed' ? NOTHING_USED : undefined)
}

function readResponseEvents(
  readResponse: (response: JsonObject) => UsageReport | undefined,
  estimateWritten: (bytes: number, webSearches: number, providerId?: string) => UsageReport,
): EventReader {
  let written = 0
  let id: string | undefined
  let complete = false
  let report: UsageReport | undefined
  const items: JsonObject[] = []
  return readJsonEvents(
    {
      follow(event, data) {
        const type = event['type']
        const response = objectAt(event, 'response')
        id ??= stringAt(response, 'id')
        if (String(type).endsWith('.delta') && !String(type).includes('audio'))
          written += writtenBytes(event, ['delta'])
        if (type === 'response.output_item.done') items.push(objectAt(event, 'item'))
        if (LAST_EVENTS.includes(type)) {
          complete = true
          report =
            readResponse(response) ?? (FAILURES.includes(type) && written === 0 ? NOTHING_USED : undefined)
        }
        return data
      },
      report: () => report,
      estimate: () => estimateWritten(written, toolUse(items).webSearches, id),
      complete: () => complete,
    },
    false,
  )
}

/** What it uses is known only when it is fetched later, in a call that charges nothing yet. */
function refuseBackground(body: JsonObject): void {
  if (body['background'] !== true) return
  throw new CreditsError(
    'unmetered_route',
    'Background responses are not metered yet: what they use is known only when they are retrieved. ' +
      'Ask for the response without background: true.',
  )
}
