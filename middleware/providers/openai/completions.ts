import { type JsonObject, parseObject, stringAt } from '../../json.ts'
import type { CallPlan, PlanTerms, UsageReport } from '../../provider.ts'
import type { MeteredRequest } from '../../request.ts'
import { ratesOfAnswer, writtenBytes } from '../answer.ts'
import { averageTokens, estimatedInput, probableInput } from '../estimate.ts'
import { askedModel } from './asked-model.ts'
import { askForUsage, positiveInteger, readChatEvents, statesUsage } from './chat-stream.ts'
import { chatUsage, unknownUses } from './usage.ts'

/** What a call that sets no limit gets, says OpenAI's reference. */
const DEFAULT_MAX_TOKENS = 16

/** `POST /completions`: a prompt in, text out, as before there were chats. */
export async function planCompletion(request: MeteredRequest, terms: PlanTerms): Promise<CallPlan> {
  const { text, value: body } = await request.json()
  const model = askedModel(request, body, terms)
  const rates = terms.requireRates(model)
  const size = { textBytes: Buffer.byteLength(text), images: 0, audioBytes: 0, continues: false }
  const asks = terms.askForUsage && body['stream'] === true && !statesUsage(body)

  const readUsage = (answer: JsonObject): UsageReport | undefined => {
    const usage = chatUsage(answer['usage'])
    if (!usage) return undefined
    const served = ratesOfAnswer(answer, rates, terms)
    return {
      lines: [{ category: 'LLM', usage, rates: served.rates, model: served.model }],
      unpriced: unknownUses(answer['usage']),
      providerId: stringAt(answer, 'id'),
    }
  }
  const estimateWritten = (bytes: number, providerId?: string): UsageReport => ({
    lines: [
      {
        category: 'LLM',
        usage: { ...probableInput(size, 0, rates), output_tokens: BigInt(averageTokens(bytes)) },
        rates,
      },
    ],
    estimated: true,
    note: 'the usage was not stated; estimated from what was delivered',
    providerId,
  })
  return {
    model,
    category: 'LLM',
    estimate: [
      {
        category: 'LLM',
        usage: { ...estimatedInput(size, 0, rates, terms), output_tokens: mostOutput(body) },
        rates,
      },
    ],
    body: asks ? askForUsage(text, body) : undefined,
    readAnswer: (answer) => readUsage(parseObject(answer) ?? {}),
    estimateAnswer: (answer) => estimateWritten(Buffer.byteLength(answer)),
    readEvents: () =>
      readChatEvents(asks, readUsage, estimateWritten, (choice) => writtenBytes(choice, ['text'])),
  }
}

/** Each prompt is completed as often as asked for, and all of these are paid, whether or not they are delivered. */
function mostOutput(body: JsonObject): bigint {
  const prompt = body['prompt']
  const prompts = Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt.length : 1
  const each = Math.max(positiveInteger(body['n']) ?? 1, positiveInteger(body['best_of']) ?? 1)
  return BigInt(prompts) * BigInt(each) * BigInt(positiveInteger(body['max_tokens']) ?? DEFAULT_MAX_TOKENS)
}
