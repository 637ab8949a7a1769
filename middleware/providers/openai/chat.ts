import type { Rates, Usage } from '../../../src/rates.ts'
import { type JsonObject, objectAt, objectsAt, parseObject, stringAt } from '../../json.ts'
import type { CallPlan, PlanTerms, UsageLine, UsageReport } from '../../provider.ts'
import type { MeteredRequest } from '../../request.ts'
import { ratesOfAnswer, writtenBytes } from '../answer.ts'
import { averageTokens, estimatedInput, estimatedOutput, measureInput, probableInput } from '../estimate.ts'
import { checkServiceTier, checkUnits, unpricedTier } from '../request-body.ts'
import { askedModel } from './asked-model.ts'
import { askForUsage, positiveInteger, readChatEvents, statesUsage } from './chat-stream.ts'
import { chatUsage, unknownUses } from './usage.ts'

/** Models that search the web before each answer; a chat's usage does not count these searches. */
const SEARCH_MODELS = [
  { name: /-search-preview(-|$)/, service: 'web_search_preview' },
  { name: /-search-api(-|$)/, service: 'web_search' },
]

/** Where another provider's chat completions differ from OpenAI's. */
export interface ChatDialect {
  /** The usage in an answer, or in a chunk of a streamed one. */
  usageIn(answer: JsonObject): unknown
  /** The service tiers that cost what the rate card says. Default: OpenAI's. */
  readonly tiers?: readonly unknown[]
  /** Says what a request asks for that has no price. */
  check?(body: JsonObject, terms: PlanTerms): void
}

const OPENAI_CHAT: ChatDialect = { usageIn: (answer) => answer['usage'] }

/** `POST /chat/completions` */
export async function planChat(
  request: MeteredRequest,
  terms: PlanTerms,
  dialect = OPENAI_CHAT,
): Promise<CallPlan> {
  const { text, value: body } = await request.json()
  const model = askedModel(request, body, terms)
  const rates = terms.requireRates(model)
  checkServiceTier(body['service_tier'], terms, dialect.tiers)
  dialect.check?.(body, terms)
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
  // Azure refuses to say it where it adds data of its own.
  const asks =
    terms.askForUsage && body['stream'] === true && !statesUsage(body) && body['data_sources'] == null

  const lines = (usage: Usage, served = rates, servedModel?: string): UsageLine[] => [
    { category: 'LLM', usage, rates: served, model: servedModel },
    ...searches,
  ]
  const readUsage = (answer: JsonObject): UsageReport | undefined => {
    const stated = dialect.usageIn(answer)
    const usage = chatUsage(stated)
    if (!usage) return undefined
    const served = ratesOfAnswer(answer, rates, terms)
    return {
      lines: lines(usage, served.rates, served.model),
      unpriced: [...unpricedTier(answer['service_tier'], dialect.tiers), ...unknownUses(stated)],
      providerId: stringAt(answer, 'id'),
    }
  }
  const estimateWritten = (bytes: number, providerId?: string): UsageReport => ({
    lines: lines({ ...probableInput(size, 0, rates), output_tokens: BigInt(averageTokens(bytes)) }),
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
    body: asks ? askForUsage(text, body) : undefined,
    readAnswer: (answer) => readUsage(parseObject(answer) ?? {}),
    estimateAnswer: (answer) => estimateWritten(Buffer.byteLength(answer)),
    readEvents: () =>
      readChatEvents(asks, readUsage, estimateWritten, (choice) => writtenInDelta(objectAt(choice, 'delta'))),
  }
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
