/**
 * The matrix: every SDK × route × scenario, run twice against a stand-in in the same state, plain and metered. What
 * the caller saw and what the provider received must be equal, and exactly the right charges exist.
 *
 * To add an SDK: write `test/matrix/rows/<sdk>.ts`, which exports a `MatrixSdk`, and name it in `rows/index.ts`. SDKs
 * that Stainless generates (openai, groq-sdk) share the rows of `rows/stainless/`, the frameworks those of
 * `rows/frameworks/`, clients that answer with values those of `rows/call-rows.ts`. For each of its routes, every
 * scenario of `REQUIRED_SCENARIOS` needs a row, or an entry in `without` that says why there is none.
 * `npm run matrix -- --sdk <name>` shows what happens.
 */
import type { StandInRequest } from '../../demo/openai-stand-in.ts'
import type { Fault } from '../../demo/stand-in/faults.ts'
import type { MeteredOptions } from '../../middleware/index.ts'
import type { Category } from '../../src/types.ts'
import type { Price } from './prices.ts'

/** What each route of each SDK is to be shown in. */
export const REQUIRED_SCENARIOS = [
  'plain',
  'stream',
  'helper',
  'withResponse',
  'break',
  'abort',
  'dead server',
  'unread',
  '429 then ok',
  '500 × 3',
  '400',
  'socket reset',
  'background',
  '20 concurrent',
  'no credit',
] as const

/** What only some of them can show. */
const FURTHER_SCENARIOS = [
  'asResponse',
  'tee',
  'toReadableStream',
  'timeout',
  'retries exhausted',
  'no usage',
  'child client',
  'client.post',
  'Azure',
  'web search',
  'unmetered',
  'metered twice',
] as const

export type Scenario = (typeof REQUIRED_SCENARIOS)[number] | (typeof FURTHER_SCENARIOS)[number]

/** A server that speaks as a provider does. */
export interface MatrixStandIn {
  readonly url: string
  readonly requests: readonly StandInRequest[]
  fail(...faults: Fault[]): void
  close(): Promise<void>
}

/** One of a row's two runs. */
export interface Run<S extends MatrixStandIn = MatrixStandIn> {
  /** Fresh for this run, so that both runs are given the same answers. */
  readonly standIn: S
  /** What the client is to be metered with; undefined in the plain run. */
  readonly metering: MeteredOptions | undefined
  /**
   * Notes something that the caller sees, in order: any value that can be written as JSON, or an error. What `act`
   * returns or throws is noted by itself.
   */
  saw(...seen: readonly unknown[]): void
}

/** A charge that is to exist. Its amount is worked out from its units and prices alone. */
export interface ExpectedCharge {
  readonly category: Category
  readonly model: string
  /** All of them; a pair is the least and the most that an estimate may be. Zeros are left out. */
  readonly units: Readonly<Record<string, number | readonly [least: number, most: number]>>
  readonly prices: Readonly<Record<string, Price>>
  readonly estimated?: true
}

export interface Row<S extends MatrixStandIn = MatrixStandIn> {
  /** E.g. `chat completions`. */
  readonly route: string
  readonly scenario: Scenario
  /** Tells apart the rows of one scenario, e.g. `before the head`. */
  readonly variant?: string
  readonly options?: Partial<MeteredOptions>
  /** What the account has, in credits; '0' for an account without any. Default: 100. */
  readonly credit?: string
  act(run: Run<S>): Promise<unknown>
  readonly charges:
    | readonly ExpectedCharge[]
    | ((received: readonly StandInRequest[]) => readonly ExpectedCharge[])
  /**
   * Of a call that is refused, what the metered caller sees in place of an answer, all of it: the plain run is left
   * out, and the provider must not hear of the call.
   */
  readonly refused?: readonly unknown[]
  /** For calls made at once: what is seen and received is compared without its order. */
  readonly unordered?: true
  /** Whether the provider is to see the caller leave, in both runs. */
  readonly leaves?: true
  /** Whether the metered request asks for the usage of its stream besides, by `stream_options.include_usage`. */
  readonly asksForUsage?: true
  /** What the metered request says besides, in its body, so that the answer states its cost. */
  readonly adds?: Readonly<Record<string, unknown>>
  /** Default: that of its SDK. */
  readonly start?: () => Promise<S>
  /** Runs while no other row does: because it measures time, or because its answers must be the only ones of their ids. */
  readonly alone?: true
}

/** A route's scenario without a row. */
export interface Omission {
  readonly route: string
  readonly scenario: Scenario | 'all others'
  readonly because: string
}

export interface MatrixSdk<S extends MatrixStandIn = MatrixStandIn> {
  /** As in `--sdk`. */
  readonly name: string
  start(): Promise<S>
  readonly rows: readonly Row<S>[]
  readonly without: readonly Omission[]
}

/** A row of one of the SDKs, whichever its stand-in: what is needed to run it. */
export interface MatrixRow {
  readonly sdk: string
  readonly start: () => Promise<MatrixStandIn>
  readonly row: Row
}

/** Its name within its SDK. */
export const titleOf = ({ route, scenario, variant }: Row): string =>
  `${route}: ${scenario}${variant === undefined ? '' : ` (${variant})`}`
