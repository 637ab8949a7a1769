import { type JsonObject, parseObject } from '../../json.ts'
import type { CallPlan, PlanTerms, UsageReport } from '../../provider.ts'
import type { MeteredRequest } from '../../request.ts'
import { ratesOfAnswer, readJsonEvents } from '../answer.ts'
import { averageTokens, estimatedInput } from '../estimate.ts'
import { askedModel } from './asked-model.ts'
import { embeddingUsage, unknownUses } from './usage.ts'

/** `POST /embeddings` */
export async function planEmbeddings(request: MeteredRequest, terms: PlanTerms): Promise<CallPlan> {
  const { text, value: body } = await request.json()
  const model = askedModel(request, body, terms)
  const rates = terms.requireRates(model)
  const textBytes = Buffer.byteLength(text)
  // The context window is that of one input; a request brings up to 2,048 of them.
  const window = rates?.contextWindow === undefined ? undefined : rates.contextWindow * inputsOf(body)
  const { input_tokens } = estimatedInput(
    { textBytes, images: 0, audioBytes: 0, continues: false },
    0,
    rates && { ...rates, contextWindow: window },
    terms,
  )

  const readAnswer = (given: string): UsageReport | undefined => {
    const answer = parseObject(given)
    const usage = embeddingUsage(answer?.['usage'])
    if (!answer || !usage) return undefined
    const served = ratesOfAnswer(answer, rates, terms)
    return {
      lines: [{ category: 'LLM', usage, rates: served.rates, model: served.model }],
      unpriced: unknownUses(answer['usage']),
    }
  }
  const estimate = (): UsageReport => ({
    lines: [{ category: 'LLM', usage: { input_tokens: BigInt(averageTokens(textBytes)) }, rates }],
    estimated: true,
    note: 'the usage was not stated; estimated from the input',
  })
  return {
    model,
    category: 'LLM',
    estimate: [{ category: 'LLM', usage: { input_tokens }, rates }],
    readAnswer,
    estimateAnswer: estimate,
    // They are not streamed; a server that does so all the same is charged by an estimate.
    readEvents: () =>
      readJsonEvents(
        { follow: (_, data) => data, report: () => undefined, estimate, complete: () => false },
        false,
      ),
  }
}

/** A string, or the numbers of its tokens, is one; else there is a list of such. */
function inputsOf(body: JsonObject): number {
  const input = body['input']
  return Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1
}
