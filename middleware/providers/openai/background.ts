import { type JsonObject, objectsAt, parseObject, stringAt } from '../../json.ts'
import type { ReadingRoute, UsageReport } from '../../provider.ts'
import { NOTHING_USED } from '../answer.ts'
import { readResponse, readResponseEvents } from './response-usage.ts'
import { searchRatesOf } from './tools.ts'

/**
 * `GET /responses/{id}` and `POST /responses/{id}/cancel`. A response that was made in the background states its
 * usage here, and has a key to be booked under. Any other has none: it has been charged by the call that made it,
 * though its usage can be read again.
 */
export const responseReading: ReadingRoute = {
  read(terms) {
    const read = (response: JsonObject): UsageReport | undefined => {
      const model = terms.modelNamed(stringAt(response, 'model') ?? '')
      const rates = terms.ratesOf(model)
      const searchRates = searchRatesOf(objectsAt(response, 'tools'), model, rates, terms)
      const report = readResponse(response, { rates, searchRates }, terms)
      // By the name that calls use for it, not that of its snapshot: the usage of a model is to add up.
      return report && { ...report, model: rates?.model ?? model }
    }
    return {
      readAnswer: (text) => read(parseObject(text) ?? {}),
      readEvents: () => readResponseEvents(read, () => NOTHING_USED),
    }
  },
}
