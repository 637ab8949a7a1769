import { metered } from '../../../../middleware/index.ts'
import { refusalSeen } from '../../refusal.ts'
import { headOf } from '../../seen.ts'
import { becomesTrue } from '../../waiting.ts'
import type { MatrixStandIn, Row } from '../../row.ts'
import { type PartialRow, type StainlessClient, type StainlessRoute, withoutSerial } from './route.ts'

const CONCURRENT = 20

/** The rows of calls that are not streamed; any route has them. */
export function wholeRows<C extends StainlessClient, S extends MatrixStandIn>(
  route: StainlessRoute<C, S>,
): Row<S>[] {
  const row = (rest: PartialRow<S>): Row<S> => ({ route: route.name, charges: [], ...rest })
  return [
    row({ scenario: 'plain', charges: route.used, act: async (run) => route.create(route.clientOf(run)) }),
    row({
      scenario: 'withResponse',
      charges: route.used,
      async act(run) {
        const { data, response, request_id } = await route.create(route.clientOf(run)).withResponse()
        return { data, head: headOf(response), request_id, used: response.bodyUsed }
      },
    }),
    row({
      scenario: 'asResponse',
      charges: route.used,
      async act(run) {
        const response = await route.create(route.clientOf(run)).asResponse()
        const copy = response.clone()
        return [headOf(response), headOf(copy), await copy.text(), await response.text()]
      },
    }),
    row({
      scenario: 'unread',
      charges: route.used,
      act: async (run) => headOf(await route.create(route.clientOf(run)).asResponse()),
    }),
    row({
      scenario: 'break',
      variant: 'cancelled body',
      charges: route.used,
      async act(run) {
        const response = await route.create(route.clientOf(run)).asResponse()
        await response.body?.cancel()
        return headOf(response)
      },
    }),
    row({
      scenario: 'abort',
      variant: 'before the head',
      leaves: true,
      async act(run) {
        const { standIn } = run
        standIn.fail('hang')
        const controller = new AbortController()
        const call = route.create(route.clientOf(run), { signal: controller.signal })
        const failed = call.catch((error: unknown) => error)
        await becomesTrue(() => standIn.requests.length === 1)
        controller.abort()
        return failed
      },
    }),
    row({
      scenario: 'abort',
      variant: 'before it is sent',
      act: async (run) => route.create(route.clientOf(run), { signal: AbortSignal.abort() }),
    }),
    row({
      scenario: 'dead server',
      charges: route.cut,
      async act(run) {
        run.standIn.fail('die_midway')
        return route.create(route.clientOf(run))
      },
    }),
    ...(route.unstated
      ? [
          row({
            scenario: 'no usage',
            charges: route.unstated,
            async act(run) {
              run.standIn.fail('no_usage')
              return route.create(route.clientOf(run))
            },
          }),
        ]
      : []),
    row({
      scenario: '429 then ok',
      charges: route.used,
      async act(run) {
        run.standIn.fail('rate_limited')
        return route.create(route.clientOf(run))
      },
    }),
    row({
      scenario: '500 × 3',
      async act(run) {
        run.standIn.fail('server_error', 'server_error', 'server_error')
        return route.create(route.clientOf(run))
      },
    }),
    row({
      scenario: 'retries exhausted',
      async act(run) {
        run.standIn.fail('rate_limited', 'server_error')
        return route.create(route.clientOf(run), { maxRetries: 1 })
      },
    }),
    row({
      scenario: '400',
      async act(run) {
        run.standIn.fail('bad_request')
        return route.create(route.clientOf(run))
      },
    }),
    row({
      scenario: 'socket reset',
      async act(run) {
        run.standIn.fail('reset', 'reset')
        return route.create(route.clientOf(run), { maxRetries: 1 })
      },
    }),
    row({
      scenario: 'socket reset',
      variant: 'then ok',
      charges: route.used,
      async act(run) {
        run.standIn.fail('reset')
        return route.create(route.clientOf(run))
      },
    }),
    row({
      scenario: 'timeout',
      leaves: true,
      async act(run) {
        run.standIn.fail('hang')
        return route.create(route.clientOf(run), { maxRetries: 0, timeout: 1000 })
      },
    }),
    row({
      scenario: '20 concurrent',
      unordered: true,
      ...(route.stream?.asksForUsage ? { asksForUsage: true } : {}),
      charges: Array.from({ length: CONCURRENT }, () => route.used).flat(),
      async act(run) {
        const client = route.clientOf(run)
        const answers = Array.from({ length: CONCURRENT }, async (_, index) => {
          if (!route.stream || index % 2 === 0) return route.create(client)
          const events: object[] = []
          for await (const event of await route.stream.open(client)) events.push(event)
          return events
        })
        for (const answer of await Promise.all(answers)) run.saw(withoutSerial(answer))
      },
    }),
    row({
      scenario: 'child client',
      charges: [...route.used, ...route.used],
      async act(run) {
        const child = route.clientOf(run).withOptions({ maxRetries: 0 })
        run.saw(await route.create(child))
        run.saw(await route.create(child.withOptions({ baseURL: `${run.standIn.url}/` })))
      },
    }),
    row({
      scenario: 'client.post',
      charges: route.used,
      act: async (run) => route.post(route.clientOf(run)),
    }),
    row({
      scenario: 'metered twice',
      charges: route.used,
      async act(run) {
        const client = route.clientOf(run)
        return route.create(run.metering ? metered(client, run.metering) : client)
      },
    }),
    row({
      scenario: 'no credit',
      credit: '0',
      alone: true,
      refused: [route.noCredit],
      act: async (run) => run.saw(await refusalSeen(() => route.create(route.clientOf(run)))),
    }),
  ]
}
