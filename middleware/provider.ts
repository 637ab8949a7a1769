import type { Rates, Usage } from '../src/rates.ts'
import type { Category } from '../src/types.ts'
import type { MeteredRequest } from './request.ts'

/** What is known of a provider's API: which requests cost money, and how to read what they cost. */
export interface Provider {
  /** Its name on the rate card. */
  readonly id: string
  /** Its own hosts. A server elsewhere is told by the routes that it is asked for. */
  readonly hosts: RegExp
  /**
   * What a request is, by its method and its path below the API's base (`/chat/completions`): a route that is
   * metered, free, or costly in a way that is not known here.
   */
  classify(method: string, path: string): Route | 'free' | 'unmetered'
  /** Which of the free routes tell what an earlier call has used. */
  reading?(method: string, path: string): ReadingRoute | undefined
  /** Whether a host takes `stream_options.include_usage` and sends no usage unasked, at this address. */
  streamsUsageOnRequest(host: string, url: URL): boolean
}

/** One kind of request that is metered. */
export interface Route {
  /** What it is called in messages, e.g. `chat completion`. */
  readonly name: string
  /**
   * Reads a request: what it may cost, what is to be changed in it, how its answer is read.
   *
   * @throws CreditsError what cannot be priced is refused here, before the provider hears of it
   */
  plan(request: MeteredRequest, terms: PlanTerms): Promise<CallPlan>
}

/** A kind of request that costs nothing, whose answer may state what an earlier call has used. */
export interface ReadingRoute {
  /** How to read the answer; in it, what has been charged by its own call is undefined. It refuses nothing. */
  read(terms: PlanTerms): Reading
}

/** How an answer is read. */
export interface Reading {
  /** What a complete answer says it used; undefined where it does not say. */
  readAnswer(text: string): UsageReport | undefined
  /** Reads an answer that is streamed as server-sent events. */
  readEvents(): EventReader
}

/** What a plan is made on. */
export interface PlanTerms {
  /** What a model is really called: a deployment of a name of its own, by the option `modelNames`. */
  modelNamed(name: string): string
  /** The prices of a model now, for reading an answer; undefined where the card has none. */
  ratesOf(model: string): Rates | undefined
  /** The prices of a model that is asked for. Without any: refused, or undefined where the policy records it. */
  requireRates(model: string): Rates | undefined
  /** The prices of one of the provider's services beside its models, e.g. `web_search`. */
  serviceRates(service: string): Rates
  /** Says that something has no price: throws `unknown_price`, or notes it where the policy records it. */
  unpriced(what: string): void
  /** Whether estimates are to bound the cost from above. */
  readonly strict: boolean
  /** Assumed for a call that sets no limit to its output. */
  readonly maxOutputTokens: number
  /** Assumed for audio that a call names by its address. */
  readonly maxAudioSeconds: number
  /** Whether the server states the usage of a stream only when asked. */
  readonly askForUsage: boolean
}

/** How one call is metered. */
export interface CallPlan extends Reading {
  readonly model: string
  /** Of the hold; a line of the answer may be of another. */
  readonly category: Category
  /** What is reserved before the call. */
  readonly estimate: readonly UsageLine[]
  /** The body to send instead, where the answer would not state its usage otherwise. */
  readonly body?: string | undefined
  /** What an answer of this text must have used, where it was cut off or does not say. */
  estimateAnswer(text: string): UsageReport
  /** Where an answer is fetched again that its request did not wait for. */
  laterURL?(id: string): URL
}

/** What was used. No lines: nothing that costs. */
export interface UsageReport {
  readonly lines: readonly UsageLine[]
  readonly estimated?: boolean | undefined
  readonly note?: string | undefined
  /** What was used that has no price, against what the plan knew. It is told and noted, not charged. */
  readonly unpriced?: readonly string[] | undefined
  /** The provider's id of the answer. */
  readonly providerId?: string | undefined
  /** What served the answer, for a charge of which nothing else is known. */
  readonly model?: string | undefined
  /** To book it under: of an answer that any process can read again and again, and that is charged once. */
  readonly key?: string | undefined
  /** Whether the provider is still at work: the lines are an estimate, and the answer is to be fetched later. */
  readonly pending?: boolean | undefined
}

export interface UsageLine {
  readonly category: Category
  readonly usage: Usage
  /** Undefined for what has no price and is recorded all the same. */
  readonly rates: Rates | undefined
  /** What served the call, where that is priced differently from what was asked for. */
  readonly model?: string | undefined
}

/** Follows the events of one streamed answer. */
export interface EventReader {
  /** Whether `take` may change or drop events: those are then passed on whole, not as the bytes arrive. */
  readonly rewrites: boolean
  /** Takes an event's data and answers what the caller is to see: the same, another text, or nothing. */
  take(data: string): string | undefined
  /** True once the provider has said anything of its answer. */
  readonly begun: boolean
  /** True once nothing that costs can follow. */
  readonly complete: boolean
  /** What the provider said was used; undefined while it has not. */
  report(): UsageReport | undefined
  /** What must have been used for what was delivered so far. */
  estimate(): UsageReport
}
