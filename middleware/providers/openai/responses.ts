import type { Usage } from '../../../src/rates.ts'
import { type JsonObject, objectsAt, parseObject, stringAt } from '../../json.ts'
import type { CallPlan, PlanTerms, UsageLine, UsageReport } from '../../provider.ts'
import type { MeteredRequest } from '../../request.ts'
import { averageTokens, estimatedInput, estimatedOutput, measureInput, probableInput } from '../estimate.ts'
import { checkServiceTier } from '../request-body.ts'
import { askedModel } from './asked-model.ts'
import {
  backgroundKey,
  type Delivered,
  readResponse,
  readResponseEvents,
  searchLines,
} from './response-usage.ts'
import { planTools, SEARCH_CONTENT_TOKENS, toolUse } from './tools.ts'

/** `POST /responses` */
export async function planResponse(request: MeteredRequest, terms: PlanTerms): Promise<CallPlan> {
  const { text, value: body } = await request.json()
  const model = askedModel(request, body, terms)
  const rates = terms.requireRates(model)
  checkServiceTier(body['service_tier'], terms)
  const tools = planTools(body, model, rates, terms)
  const size = measureInput(text, body)
  const asksForBackground = body['background'] === true
  const url = new URL(request.url)

  const lines = (usage: Usage, webSearches: number): UsageLine[] => [
    { category: 'LLM', usage, rates },
    ...searchLines(webSearches, rates && tools.searchRates),
  ]
  const estimate = lines(
    {
      ...estimatedInput(size, tools.searches * SEARCH_CONTENT_TOKENS, rates, terms),
      output_tokens: estimatedOutput([body['max_output_tokens']], rates, terms),
    },
    tools.searches,
  )
  const read = (response: JsonObject): UsageReport | undefined =>
    readResponse(response, { rates, searchRates: tools.searchRates }, terms)
  /** It is being written, and nobody has seen how much: what was reserved is the best guess there is. */
  const pending = (id: string | undefined): UsageReport => ({
    lines: estimate,
    estimated: true,
    note: 'the usage of the background response was not stated in time; the estimate was charged',
    providerId: id,
    ...(id === undefined ? {} : { key: backgroundKey(id), pending: true }),
  })
  const estimateWritten = ({ bytes, webSearches, id, background }: Delivered): UsageReport =>
    background
      ? pending(id)
      : {
          lines: lines(
            {
              ...probableInput(size, webSearches * SEARCH_CONTENT_TOKENS, rates),
              output_tokens: BigInt(averageTokens(bytes)),
            },
            webSearches,
          ),
          estimated: true,
          note: 'the usage was not stated; estimated from what was delivered',
          providerId: id,
        }
  return {
    model,
    category: 'LLM',
    estimate,
    readAnswer(answer) {
      const response = parseObject(answer) ?? {}
      return (
        read(response) ?? (response['background'] === true ? pending(stringAt(response, 'id')) : undefined)
      )
    },
    estimateAnswer: (answer) =>
      asksForBackground
        ? pending(FIRST_ID.exec(answer)?.[1])
        : estimateWritten({
            bytes: Buffer.byteLength(answer),
            webSearches: toolUse(objectsAt(parseObject(answer) ?? {}, 'output')).webSearches,
            id: undefined,
            background: false,
          }),
    readEvents: () => readResponseEvents(read, estimateWritten),
    laterURL: (id) => urlOfResponse(url, id),
  }
}

/** Of an answer that was cut off: its response goes on, and is found by its id. */
const FIRST_ID = /^\s*\{\s*"id"\s*:\s*"([\w-]{1,200})"/

function urlOfResponse(created: URL, id: string): URL {
  const url = new URL(created)
  url.pathname = `${url.pathname}/${encodeURIComponent(id)}`
  return url
}
