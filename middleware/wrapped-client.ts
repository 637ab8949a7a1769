import { isObject, type JsonObject } from './json.ts'
import type { PlanTerms } from './provider.ts'
import { type Job, meterJob } from './wrapped-jobs.ts'
import { meterValue, type Operation, passUnmetered, planOperation, type WrappedCalls } from './wrapper.ts'

/** How one method of a client is metered: by its arguments, where those decide. */
export type MethodRule = FixedRule | ((args: readonly unknown[]) => FixedRule)

type FixedRule = 'free' | 'unmetered' | UnmeteredMethod | MeteredMethod

/** A method that costs money in a way that is not known here, beside what it does by methods that are metered. */
export interface UnmeteredMethod {
  readonly meteredWithin: readonly string[]
}

/** A method that answers with a promise. */
export interface MeteredMethod {
  /** Undefined for one that costs nothing. */
  readonly operation?: (args: readonly unknown[], terms: PlanTerms) => Operation
  /** The work that goes on after the answer, which states the cost in its place. */
  readonly jobOf?: (answer: unknown) => Job
  /** What to call it with instead, where the answer would not state its cost otherwise. */
  readonly sent?: (args: readonly unknown[]) => unknown[]
  /** What in its answer says its cost. Default: nothing does. */
  readonly stated?: (answer: unknown) => JsonObject
  /** What the caller is to see of the answer. Default: all of it. */
  readonly seen?: (answer: unknown, args: readonly unknown[]) => unknown
}

export type MethodRules = Readonly<Record<string, MethodRule>>

type Method = (...args: unknown[]) => unknown

/** The plain client under each metered one. */
const plainClients = new WeakMap<object, object>()

/**
 * A client of the same type whose methods are metered by these rules. A method without a rule is taken for costly:
 * one that a later version brings must not be free because nobody here has heard of it.
 *
 * Wrapping a wrapped client again replaces the rules: a call is never charged twice.
 */
export function wrapClient<C extends object>(
  client: C,
  calls: WrappedCalls,
  rulesOf: (plain: C) => MethodRules,
): C {
  const plain = (plainClients.get(client) ?? client) as C
  const rules = rulesOf(plain)
  const methods = new Map<string, { plain: Method; metered: Method }>()
  const parts = new WeakMap<object, object>()
  const partOf = (part: object): object => {
    const known = parts.get(part) ?? wrapClient(part, calls, () => ({}))
    parts.set(part, known)
    return known
  }
  const metered: C = new Proxy(plain, {
    get(target, name) {
      // The client itself as the receiver: a getter may use private fields, which a proxy does not have.
      const value: unknown = Reflect.get(target, name, target)
      if (typeof name === 'symbol' || name in Object.prototype) return value
      if (isObject(value)) return partOf(value)
      if (!isMethod(value)) return value
      const known = methods.get(name)
      // The same function each time, as without a wrapper.
      if (known?.plain === value) return known.metered
      const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
      const method = meterMethod({ name, method: value, client: plain, metered }, rule ?? 'unmetered', calls)
      methods.set(name, { plain: value, metered: method })
      return method
    },
  })
  plainClients.set(metered, plain)
  return metered
}

interface ClientMethod {
  readonly name: string
  readonly method: Method
  readonly client: object
  readonly metered: object
}

function meterMethod(method: ClientMethod, rule: MethodRule, calls: WrappedCalls): Method {
  if (typeof rule === 'function') return (...args) => meterMethod(method, rule(args), calls)(...args)
  const { name, client } = method
  const call = (self: object, args: readonly unknown[]): unknown => Reflect.apply(method.method, self, args)
  if (rule === 'free') return (...args) => call(client, args)
  if (rule === 'unmetered') return (...args) => passUnmetered(name, calls, () => call(client, args))
  if ('meteredWithin' in rule) {
    return (...args) => passUnmetered(name, calls, () => call(partlyMetered(method, rule), args))
  }
  return async (...args) => {
    const send = async () => call(client, rule.sent?.(args) ?? args)
    const answer = await meterAnswer(rule, args, calls, send)
    return rule.seen ? rule.seen(answer, args) : answer
  }
}

async function meterAnswer(
  { operation, jobOf, stated }: MeteredMethod,
  args: readonly unknown[],
  calls: WrappedCalls,
  send: () => Promise<unknown>,
): Promise<unknown> {
  if (!operation) return send()
  const planned = await planOperation(calls, (terms) => operation(args, terms))
  if (jobOf) return meterJob(planned, calls, send, jobOf)
  return meterValue(planned, calls, send, (answer) => stated?.(answer) ?? {})
}

/** The client, but for the methods that are metered within another one. */
function partlyMetered({ client, metered }: ClientMethod, { meteredWithin }: UnmeteredMethod): object {
  const partly = Object.create(client) as Record<string, unknown>
  for (const name of meteredWithin) partly[name] = Reflect.get(metered, name)
  return partly
}

const isMethod = (value: unknown): value is Method => typeof value === 'function'
