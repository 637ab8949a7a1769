import type { FetchClient } from '../../../../middleware/index.ts'
import type { ExpectedCharge, MatrixStandIn, Row, Run } from '../../row.ts'

/** What a call can be told, in all SDKs that Stainless generates: openai, groq-sdk and others. */
export interface CallOptions {
  readonly signal?: AbortSignal
  readonly maxRetries?: number
  readonly timeout?: number
}

/** What these SDKs answer a call with. */
export interface Answer<T> extends Promise<T> {
  withResponse(): Promise<{ data: T; response: Response; request_id?: string | null | undefined }>
  asResponse(): Promise<Response>
}

export interface EventStream extends AsyncIterable<object> {
  readonly controller: AbortController
  tee(): [EventStream, EventStream]
  toReadableStream(): ReadableStream
}

export interface StainlessClient extends FetchClient {
  withOptions(options: object): this
}

/** A route of such an SDK, with the one call that is made of it in all scenarios. */
export interface StainlessRoute<C extends StainlessClient, S extends MatrixStandIn> {
  readonly name: string
  /** The client as an agent has it: metered in the metered run. */
  clientOf(run: Run<S>): C
  /** What a call sees that is refused because its account has nothing. */
  readonly noCredit: object
  /** What a whole answer costs, plain or streamed. */
  readonly used: readonly ExpectedCharge[]
  /** What it costs where the half of a plain answer came. */
  readonly cut: readonly ExpectedCharge[]
  /** What a plain answer costs that does not state its usage; undefined where none does. */
  readonly unstated?: readonly ExpectedCharge[]
  create(client: C, options?: CallOptions): Answer<unknown>
  /** The same call by its path. */
  post(client: C): Promise<unknown>
  readonly stream?: StreamedRoute<C>
}

export interface StreamedRoute<C extends StainlessClient> {
  open(client: C, options?: CallOptions): Answer<EventStream>
  /** Events that a caller sees before a stream dies or hangs midway. */
  readonly half: number
  /** What such a stream costs when its caller leaves it. */
  readonly left: readonly ExpectedCharge[]
  /** What a stream costs that its caller leaves before anything of it was read. */
  readonly unopened: readonly ExpectedCharge[]
  /** Whether its usage is asked for besides. */
  readonly asksForUsage: boolean
}

export type StreamingRoute<C extends StainlessClient, S extends MatrixStandIn> = StainlessRoute<C, S> & {
  readonly stream: StreamedRoute<C>
}

/** A row of a route, before it is complete. */
export type PartialRow<S extends MatrixStandIn> = Omit<Row<S>, 'route' | 'charges'> & Partial<Row<S>>

/** Answers differ in the number that the stand-in gives each, and in nothing else. */
export const withoutSerial = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(/_?-?\d{6}"/g, '"'))
