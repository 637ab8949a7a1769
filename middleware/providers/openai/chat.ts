import type { Rates, Usage } from '../../../src/rates.ts'
import { isObject, type JsonObject, objectAt, objectsAt, parseObject, stringAt } from '../../json.ts'
import type { CallPlan, EventReader, PlanTerms, UsageLine, UsageReport } from '../../provider.ts'
import type { MeteredRequest } from '../../request.ts'
import { NOTHING_USED, ratesOfAnswer, readJsonEvents, writtenBytes } from '../answer.ts'
import { averageTokens, estimatedInput, estimatedOutput, measureInput, probableInput } from '../estimate.ts'
import { checkServiceTier, checkUnits, modelOf, unpricedTier } from '../request-body.ts'
import { chatUsage } from './usage.ts'

/** Models that search the web before each answer; a chat's usage does not count these searches. */
const SEARCH_MODELS = [
  { name: /-search-preview(-|$)/, service: 'web_search_preview' },
  { name: /-search-api(-|$)/, service: 'web_search' },
]

const USAGE_NULL = /,\s*"usage":\s*null(?=\s*[,}])/

/** `POST /chat/completions` */
export async function planChat(request: MeteredRequest, terms: PlanTerms): Promise<CallPlan> {
  const { text, value: body } = await request.json()
  const model = modelOf(body)
  const rates = terms.requireRates(model)
  checkServiceTier(body['service_tier'], terms)
  const size = measureInput(text, body)
  const speaks = Array.isArray(body['modalities']) && body['modalities'].includes('audio')
  checkUnits(
    [...(size.audioBytes > 0 ? ['input_audio_tokens'] : []), ...(speaks ? ['output_audio_tokens'] : [])],
    rates,
    terms,
  )
  const searches = searchLines(model, rates, terms)
  const choices = BigInt(positiveInteger(body['n']) ?? 1)
  const output = estimatedOutput([body['max_completion_tokens'], body['max_tokens']], rates, terms) * choices
  const asks = terms.askForUsage && body['stream'] === true && !statesUsage(body)

  const lines = (usage: Usage, served = rates, servedModel?: string): UsageLine[] => [
    { category: 'LLM', usage, rates: served, model: servedModel },
    ...searches,
  ]
  const readUsage = (answer: JsonObject): UsageReport | undefined => {
    const usage = chatUsage(answer['usage'])
    if (!usage) return undefined
    const served = ratesOfAnswer(answer, rates, terms)
    return {
      lines: lines(usage, served.rates, served.model),
      unpriced: unpricedTier(answer['service_tier']),
      providerId: stringAt(answer, 'id'),
    }
  }
  const estimateWritten = (bytes: number, providerId?: string): UsageReport => ({
    lines: lines({ ...probableInput(size, 0), output_tokens: BigInt(averageTokens(bytes)) }),
    estimated: true,
    note: 'the usage was not stated; estimated from what was delivered',
    providerId,
  })
  return {
    model,
    category: 'LLM',
    estimate: lines({
      ...estimatedInput(size, 0, rates, terms),
      [speaks ? 'output_audio_tokens' : 'output_tokens']: output,
    }),
    body: asks ? askForUsage(body) : undefined,
    readAnswer: (answer) => readUsage(parseObject(answer) ?? {}),
    estimateAnswer: (answer) => estimateWritten(Buffer.byteLength(answer)),
    readEvents: () => readChatEvents(asks, readUsage, estimateWritten),
  }
}

function readChatEvents(
  asked: boolean,
  readUsage: (answer: JsonObject) => UsageReport | undefined,
  estimateWritten: (bytes: number, providerId?: string) => UsageReport,
): EventReader {
  let written = 0
  let id: string | undefined
  let report: UsageReport | undefined
  return readJsonEvents(
    {
      follow(chunk, data) {
        id ??= stringAt(chunk, 'id')
        const choices = objectsAt(chunk, 'choices')
        for (const choice of choices) written += writtenInDelta(objectAt(choice, 'delta'))
        // Some servers count up in every chunk: the last one holds.
        report = readUsage(chunk) ?? (isObject(chunk['error']) && written === 0 ? NOTHING_USED : report)
        if (!asked) return data
        return isObject(chunk['usage']) && choices.length === 0 ? undefined : data.replace(USAGE_NULL, '')
      },
      report: () => report,
      estimate: () => estimateWritten(written, id),
      complete: () => false,
    },
    asked,
  )
}

function writtenInDelta(delta: JsonObject): number {
  let bytes = writtenBytes(delta, ['content', 'refusal', 'reasoning', 'reasoning_content'])
  bytes += writtenBytes(delta['audio'], ['transcript'])
  bytes += writtenBytes(delta['function_call'], ['name', 'arguments'])
  for (const call of objectsAt(delta, 'tool_calls'))
    bytes += writtenBytes(call['function'], ['name', 'arguments'])
  return bytes
}

function searchLines(model: string, rates: Rates | undefined, terms: PlanTerms): UsageLine[] {
  const service = SEARCH_MODELS.find(({ name }) => name.test(model))?.service
  if (!service || !rates) return []
  return [{ category: 'WebSearch', usage: { web_searches: 1n }, rates: terms.serviceRates(service) }]
}

const statesUsage = (body: JsonObject): boolean => objectAt(body, 'stream_options')['include_usage'] === true

const askForUsage = (body: JsonObject): string =>
  JSON.stringify({ ...body, stream_options: { ...objectAt(body, 'stream_options'), include_usage: true } })

const positiveInteger = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined
