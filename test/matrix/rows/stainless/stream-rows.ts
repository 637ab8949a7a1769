import { metered } from '../../../../middleware/index.ts'
import { refusalSeen } from '../../refusal.ts'
import { headOf } from '../../seen.ts'
import type { MatrixStandIn, Row, Run } from '../../row.ts'
import type { PartialRow, StainlessClient, StreamingRoute } from './route.ts'

/** A stream that nobody reads is read ahead after this time. */
const UNREAD = { drainAfter: '20ms' }

/** The rows of calls whose answer is streamed. */
export function streamRows<C extends StainlessClient, S extends MatrixStandIn>(
  route: StreamingRoute<C, S>,
): Row<S>[] {
  const { stream } = route
  const row = (rest: PartialRow<S>): Row<S> => ({
    route: route.name,
    charges: [],
    ...(stream.asksForUsage ? { asksForUsage: true } : {}),
    ...rest,
  })
  return [
    row({
      scenario: 'stream',
      charges: route.used,
      act: async (run) => sawAll(run, await stream.open(route.clientOf(run))),
    }),
    row({
      scenario: 'withResponse',
      variant: 'streamed',
      charges: route.used,
      async act(run) {
        const { data, response, request_id } = await stream.open(route.clientOf(run)).withResponse()
        run.saw(headOf(response), request_id)
        await sawAll(run, data)
      },
    }),
    row({
      scenario: 'asResponse',
      variant: 'streamed',
      // Read as bytes, by one who knows nothing of events: all of it is charged, and none of it added.
      charges: route.used,
      async act(run) {
        const response = await stream.open(route.clientOf(run)).asResponse()
        return [headOf(response), await response.text()]
      },
    }),
    row({
      scenario: 'break',
      charges: stream.left,
      leaves: true,
      async act(run) {
        run.standIn.fail('hang_midway')
        let events = 0
        for await (const event of await stream.open(route.clientOf(run))) {
          run.saw(event)
          if (++events === stream.half) break
        }
      },
    }),
    row({
      scenario: 'abort',
      variant: 'mid-stream, by signal',
      charges: stream.left,
      leaves: true,
      async act(run) {
        const controller = new AbortController()
        run.standIn.fail('hang_midway')
        let events = 0
        for await (const event of await stream.open(route.clientOf(run), { signal: controller.signal })) {
          run.saw(event)
          if (++events === stream.half) controller.abort()
        }
      },
    }),
    row({
      scenario: 'abort',
      variant: 'mid-stream, by the stream itself',
      charges: stream.left,
      leaves: true,
      async act(run) {
        run.standIn.fail('hang_midway')
        const events = await stream.open(route.clientOf(run))
        let seen = 0
        for await (const event of events) {
          run.saw(event)
          if (++seen === stream.half) events.controller.abort()
        }
      },
    }),
    row({
      scenario: 'abort',
      variant: 'before anybody iterates',
      charges: stream.unopened,
      leaves: true,
      async act(run) {
        run.standIn.fail('hang_midway')
        const events = await stream.open(route.clientOf(run))
        events.controller.abort()
        await sawAll(run, events)
        return 'the end'
      },
    }),
    row({
      scenario: 'dead server',
      variant: 'mid-stream',
      charges: stream.left,
      async act(run) {
        run.standIn.fail('die_midway')
        await sawAll(run, await stream.open(route.clientOf(run)))
      },
    }),
    row({
      scenario: 'dead server',
      variant: 'before the first event',
      async act(run) {
        run.standIn.fail('die_at_once')
        await sawAll(run, await stream.open(route.clientOf(run)))
      },
    }),
    row({
      scenario: 'unread',
      variant: 'streamed response',
      options: UNREAD,
      charges: route.used,
      act: async (run) => headOf(await stream.open(route.clientOf(run)).asResponse()),
    }),
    row({
      scenario: 'unread',
      variant: 'stream never iterated',
      options: UNREAD,
      charges: route.used,
      act: async (run) =>
        (await stream.open(route.clientOf(run))).controller.signal.aborted ? 'aborted' : 'opened',
    }),
    row({
      scenario: 'tee',
      charges: route.used,
      async act(run) {
        const [left, right] = (await stream.open(route.clientOf(run))).tee()
        await Promise.all([sawAll(run, left), collect(right)])
      },
    }),
    row({
      scenario: 'toReadableStream',
      charges: route.used,
      act: async (run) => new Response((await stream.open(route.clientOf(run))).toReadableStream()).text(),
    }),
    row({
      scenario: '429 then ok',
      variant: 'streamed',
      charges: route.used,
      async act(run) {
        run.standIn.fail('rate_limited')
        await sawAll(run, await stream.open(route.clientOf(run)))
      },
    }),
    row({
      scenario: 'timeout',
      variant: 'streamed',
      leaves: true,
      async act(run) {
        run.standIn.fail('hang')
        await sawAll(run, await stream.open(route.clientOf(run), { maxRetries: 0, timeout: 1000 }))
      },
    }),
    row({
      scenario: 'metered twice',
      variant: 'streamed',
      charges: route.used,
      async act(run) {
        const client = route.clientOf(run)
        await sawAll(run, await stream.open(run.metering ? metered(client, run.metering) : client))
      },
    }),
    row({
      scenario: 'no credit',
      variant: 'streamed',
      credit: '0',
      alone: true,
      refused: [route.noCredit],
      act: async (run) => run.saw(await refusalSeen(() => stream.open(route.clientOf(run)))),
    }),
  ]
}

async function sawAll(run: Run, events: AsyncIterable<object>): Promise<void> {
  for await (const event of events) run.saw(event)
}

async function collect(events: AsyncIterable<object>): Promise<object[]> {
  const all: object[] = []
  for await (const event of events) all.push(event)
  return all
}
