import { AsyncLocalStorage } from 'node:async_hooks'
import type { Attribution } from './types.ts'

/** Whom the calls inside `credits.run` are charged to. */
export interface CallContext extends Attribution {
  account: string
}

const storage = new AsyncLocalStorage<CallContext>()

/** Runs `fn`; every metered call in it, however deep, is charged as `context` says. An inner run overrides. */
export function runInContext<T>(context: CallContext, fn: () => T): T {
  return storage.run(context, fn)
}

/** The innermost `credits.run` around the caller, if any. */
export const currentContext = (): CallContext | undefined => storage.getStore()
