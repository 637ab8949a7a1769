import type { Fault } from '../../../demo/stand-in/faults.ts'
import { refusalSeen } from '../refusal.ts'
import type { ExpectedCharge, MatrixStandIn, Row, Run } from '../row.ts'

const CONCURRENT = 20

/** A call that answers with a value, and what it is to cost. */
export interface WholeCall<S extends MatrixStandIn> {
  readonly route: string
  readonly call: (run: Run<S>) => Promise<unknown>
  /** The same by a client that is metered again with the same options. */
  readonly callTwiceMetered: (run: Run<S>) => Promise<unknown>
  readonly charges: readonly ExpectedCharge[]
  /** Where the answer does not state its cost. */
  readonly unstated: readonly ExpectedCharge[]
  /** Where the connection ends in the middle of the answer. */
  readonly cut: readonly ExpectedCharge[]
  /** What a call sees that is refused because its account has nothing. */
  readonly noCredit: object
  /** Whether the SDK tries again by itself. */
  readonly retries: boolean
  readonly adds?: Row<S>['adds']
  readonly options?: Row<S>['options']
}

/** The rows that every call has, whichever its SDK. */
export function callRows<S extends MatrixStandIn>(whole: WholeCall<S>): Row<S>[] {
  const { route, call, charges, retries } = whole
  const common = { ...(whole.adds && { adds: whole.adds }), ...(whole.options && { options: whole.options }) }
  const row = (rest: Omit<Row<S>, 'route' | 'charges'> & Partial<Row<S>>): Row<S> => ({
    route,
    charges: [],
    ...common,
    ...rest,
  })
  /** What is seen of a call whose attempts fail, and of the next call where the SDK does not try again. */
  const failing = async (run: Run<S>, ...faults: Fault[]) => {
    run.standIn.fail(...faults)
    if (retries) return call(run)
    for (let left = faults.length; left > 0; left--) run.saw(await call(run).catch((error: unknown) => error))
    return undefined
  }
  return [
    row({ scenario: 'plain', charges, act: call }),
    row({
      scenario: 'no usage',
      charges: whole.unstated,
      async act(run) {
        run.standIn.fail('no_usage')
        return call(run)
      },
    }),
    row({
      scenario: 'dead server',
      charges: whole.cut,
      async act(run) {
        run.standIn.fail('die_midway')
        return call(run)
      },
    }),
    row({
      scenario: '429 then ok',
      charges,
      async act(run) {
        run.saw(await failing(run, 'rate_limited'))
        return retries ? undefined : call(run)
      },
    }),
    row({
      scenario: '500 × 3',
      act: async (run) => failing(run, 'server_error', 'server_error', 'server_error'),
    }),
    row({
      scenario: '400',
      async act(run) {
        run.standIn.fail('bad_request')
        return call(run)
      },
    }),
    row({
      scenario: 'socket reset',
      charges: retries ? charges : [],
      async act(run) {
        run.standIn.fail('reset')
        return call(run)
      },
    }),
    row({
      scenario: '20 concurrent',
      unordered: true,
      charges: Array.from({ length: CONCURRENT }, () => charges).flat(),
      async act(run) {
        run.saw(...(await Promise.all(Array.from({ length: CONCURRENT }, () => call(run)))))
      },
    }),
    row({ scenario: 'metered twice', charges, act: whole.callTwiceMetered }),
    row({
      scenario: 'no credit',
      credit: '0',
      alone: true,
      refused: [whole.noCredit],
      act: async (run) => run.saw(await refusalSeen(() => call(run))),
    }),
  ]
}

/** What a client that is called through methods cannot show. */
export const VALUES_ONLY = (route: string) =>
  (
    [
      ['stream', 'its answers are values'],
      ['helper', 'it has none'],
      ['withResponse', 'it does not show the response'],
      ['break', 'its answers are values'],
      ['abort', 'it takes no signal'],
      ['unread', 'an answer has been read when it is seen'],
      ['background', 'it answers at once'],
    ] as const
  ).map(([scenario, because]) => ({ route, scenario, because }))

export const CREDITS_ERROR = {
  class: 'CreditsError',
  code: 'insufficient_credits',
  isInsufficientCredits: true,
  atOnce: true,
}
