import { withoutSerials } from '../../../middleware/serials.ts'
import { collect } from '../../../middleware/support.ts'
import { refusalSeen } from '../../refusal.ts'
import type { ExpectedCharge, MatrixStandIn, Row, Run } from '../../row.ts'
import { becomesTrue } from '../../waiting.ts'

/** An API that a framework speaks, with what an agent does through it. */
export interface FrameworkRoute {
  readonly name: string
  start(): Promise<MatrixStandIn>
  /** What a whole answer to a request costs, without its searches. */
  used(body: unknown): ExpectedCharge
  /** What a stream costs that breaks off midway, as an estimate by the length of its request and of its words. */
  left(body: unknown): ExpectedCharge
  /** Asks once, and answers with what its caller sees. Failed attempts are made again twice. */
  ask(run: Run, options?: AskOptions): Promise<unknown>
  /** Asks once for a stream. */
  open(run: Run, options?: AskOptions): PromiseLike<AsyncIterable<unknown>>
  /** Asks with a function to call, until there is an answer. */
  useTool(run: Run, streamed: boolean): Promise<unknown>
  /** Asks with the provider's own web search, which searches once. */
  search?(run: Run): Promise<unknown>
  /** Asks once, and looks at the response that the answer came in. */
  respond?(run: Run): Promise<unknown>
  /** The price of a search. */
  readonly searched?: ExpectedCharge
  /** Whether an attempt is made again that was refused for its rate, and without a time to wait. */
  readonly triesAgain: boolean
  /** Whether a reader who breaks off leaves the provider talking, so that it is heard out. */
  readonly readsOn: boolean
  /** What the framework makes of a refusal for lack of credit. */
  readonly refused: { readonly whole: object; readonly streamed: object }
}

export interface AskOptions {
  readonly signal?: AbortSignal
  /** Failed attempts are not made again. */
  readonly once?: true
}

const CONCURRENT = 20
/** A stream that nobody reads is read ahead after this time. */
const UNREAD = { drainAfter: '20ms' }
/** Pieces that are read of a stream before its reader goes. */
const SOME_PIECES = 8

/** The rows of one API of a framework. */
export function frameworkRows(api: FrameworkRoute): Row[] {
  const row = (rest: Omit<Row, 'route' | 'charges'> & Partial<Row>): Row => ({
    route: api.name,
    charges: [],
    start: () => api.start(),
    ...rest,
  })
  const usedByEach: Row['charges'] = (received) => received.map(({ body }) => api.used(body))
  /** The first one has failed; a framework may leave it at that. */
  const usedByRetry: Row['charges'] = (received) => received.slice(1).map(({ body }) => api.used(body))
  const leftByEach: Row['charges'] = (received) => received.map(({ body }) => api.left(body))
  return [
    row({ scenario: 'plain', charges: usedByEach, act: (run) => api.ask(run) }),
    row({ scenario: 'stream', charges: usedByEach, act: async (run) => sawAll(run, await api.open(run)) }),
    row({ scenario: 'helper', variant: 'tools', charges: usedByEach, act: (run) => api.useTool(run, false) }),
    row({
      scenario: 'helper',
      variant: 'tools, streamed',
      charges: usedByEach,
      act: (run) => api.useTool(run, true),
    }),
    ...(api.respond
      ? [row({ scenario: 'withResponse', charges: usedByEach, act: async (run) => api.respond?.(run) })]
      : []),
    ...(api.search
      ? [
          row({
            scenario: 'web search',
            charges: (received) =>
              received.flatMap(({ body }) => [api.used(body), ...(api.searched ? [api.searched] : [])]),
            act: async (run) => api.search?.(run),
          }),
        ]
      : []),
    row({
      scenario: 'break',
      ...(api.readsOn
        ? { options: UNREAD, charges: usedByEach }
        : { leaves: true as const, charges: leftByEach }),
      async act(run) {
        if (!api.readsOn) run.standIn.fail('hang_midway')
        let pieces = 0
        for await (const piece of await api.open(run)) {
          run.saw(piece)
          if (++pieces === SOME_PIECES) break
        }
      },
    }),
    row({
      scenario: 'abort',
      variant: 'before the head',
      leaves: true,
      async act(run) {
        run.standIn.fail('hang')
        const controller = new AbortController()
        const failed = api.ask(run, { signal: controller.signal }).catch((error: unknown) => error)
        await becomesTrue(() => run.standIn.requests.length === 1)
        controller.abort()
        return failed
      },
    }),
    row({
      scenario: 'abort',
      variant: 'mid-stream',
      leaves: true,
      charges: leftByEach,
      async act(run) {
        run.standIn.fail('hang_midway')
        const controller = new AbortController()
        let pieces = 0
        for await (const piece of await api.open(run, { signal: controller.signal })) {
          run.saw(piece)
          if (++pieces === SOME_PIECES) controller.abort()
        }
      },
    }),
    row({
      scenario: 'dead server',
      charges: leftByEach,
      async act(run) {
        run.standIn.fail('die_midway')
        await sawAll(run, await api.open(run, { once: true }))
      },
    }),
    row({
      scenario: 'unread',
      options: UNREAD,
      charges: usedByEach,
      async act(run) {
        await api.open(run)
        await becomesTrue(() => run.standIn.requests.length === 1)
        return 'opened'
      },
    }),
    row({
      scenario: '429 then ok',
      ...(api.triesAgain ? {} : { variant: 'not tried again' }),
      charges: usedByRetry,
      async act(run) {
        run.standIn.fail('rate_limited')
        return api.ask(run)
      },
    }),
    row({
      scenario: '500 × 3',
      variant: 'then ok, after one',
      charges: usedByRetry,
      async act(run) {
        run.standIn.fail('server_error')
        return api.ask(run)
      },
    }),
    row({
      scenario: '500 × 3',
      async act(run) {
        run.standIn.fail('server_error', 'server_error', 'server_error')
        return api.ask(run)
      },
    }),
    row({
      scenario: '400',
      async act(run) {
        run.standIn.fail('bad_request')
        return api.ask(run)
      },
    }),
    row({
      scenario: 'socket reset',
      async act(run) {
        run.standIn.fail('reset')
        return api.ask(run, { once: true })
      },
    }),
    row({
      scenario: '20 concurrent',
      unordered: true,
      charges: usedByEach,
      async act(run) {
        const answers = Array.from({ length: CONCURRENT }, async (_, index) =>
          index % 2 === 0 ? api.ask(run) : collect(await api.open(run)),
        )
        for (const answer of await Promise.all(answers)) run.saw(withoutSerials(answer))
      },
    }),
    row({
      scenario: 'no credit',
      credit: '0',
      alone: true,
      refused: [api.refused.whole],
      act: async (run) => run.saw(await refusalSeen(() => api.ask(run))),
    }),
    row({
      scenario: 'no credit',
      variant: 'streamed',
      credit: '0',
      alone: true,
      refused: [api.refused.streamed],
      act: async (run) => run.saw(await refusalSeen(async () => collect(await api.open(run)))),
    }),
  ]
}

async function sawAll(run: Run, pieces: AsyncIterable<unknown>): Promise<void> {
  for await (const piece of pieces) run.saw(piece)
}
