import { z } from 'zod'
import type { Fields } from '../calls.ts'
import { Refusal } from '../refusal.ts'
import type { Grant, State } from '../state.ts'

/** What a method of the Web API works with. */
export interface Request {
  readonly state: State
  readonly method: string
  readonly args: Fields
  /** What the token may; methods without a token do not look at it. */
  readonly grant: Grant
  readonly baseUrl: string
}

export interface Method {
  /** What the token must have been granted; with several, one of them. */
  readonly scopes?: readonly string[]
  /** `app`: an app-level token. `none`: no token. Default: a bot's. */
  readonly token?: 'app' | 'none'
  /** Gives what stands in the answer beside `ok`. */
  run(request: Request): Fields
}

/** The arguments as they must be; what is not so, the test hears of. */
export function readArguments<Shape extends z.ZodRawShape>(
  { state, method, args }: Request,
  shape: Shape,
): z.infer<z.ZodObject<Shape>> {
  const read = z.object(shape).safeParse(args)
  if (read.success) return read.data
  const problems = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  for (const problem of problems) state.violate(`${method}: ${problem}`)
  throw new Refusal('invalid_arguments', problems)
}

/** As a form carries it. */
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true')
