import { makeCall } from './call.ts'
import type { JsonObject } from './json.ts'
import type { PlannedOperation, WrappedCalls } from './wrapper.ts'

/** Work that a provider goes on with after it has answered, such as a research of minutes. */
export interface Job {
  /** Unique among all providers, e.g. `tavily:9f2c…`. Undefined where the answer names none: it cannot be followed. */
  readonly id: string | undefined
  /** Asks the provider how it stands. Must cost nothing. */
  look(): Promise<JsonObject>
  /** Whether what the provider says of it is final. */
  isOver(said: JsonObject): boolean
}

/** The first look of our own; each further one waits twice as long. */
const FIRST_LOOK_MS = 60_000
/** Beyond, a job is charged by its estimate as it begins. */
const PENDING_MAX = 10_000

interface PendingJob {
  readonly job: Job
  /** Ends the call with what the provider said; with nothing, by its estimate. */
  end(said: JsonObject): void
}

/** The jobs that this process has begun and not seen the end of. */
const pending = new Map<string, PendingJob>()

/**
 * Makes a call that begins a job. Its credit stays reserved until the job is over: seen when the caller asks how it
 * stands, or at a look of our own where nobody asks here (another process may). One that is not over within
 * `backgroundFor` is charged by its estimate.
 *
 * @throws CreditsError before the call is made; and whatever `begin` throws: then nothing is charged
 */
export async function meterJob<T>(
  planned: PlannedOperation,
  { settings }: WrappedCalls,
  begin: () => Promise<T>,
  jobOf: (answer: T) => Job,
): Promise<T> {
  let answer!: T
  await makeCall({ ...planned, signal: undefined }, settings, async () => {
    answer = await begin()
    return new Response(outcomeOf(jobOf(answer), settings.backgroundForMs))
  })
  return answer
}

/** Takes in what a provider says of a job. One that is over, or was not begun by this process, is left as it is. */
export function seeJob(id: string, said: JsonObject): void {
  const known = pending.get(id)
  if (known?.job.isOver(said)) known.end(said)
}

/** What the provider says in the end, as the body of an answer that takes its time. */
function outcomeOf(job: Job, patienceMs: number): string | ReadableStream<Uint8Array> {
  const { id } = job
  // Nothing said: the estimate is charged.
  if (id === undefined || pending.has(id) || pending.size >= PENDING_MAX) return '{}'
  return new ReadableStream({
    start(controller) {
      let timer: NodeJS.Timeout | undefined
      const end = (said: JsonObject) => {
        if (!pending.delete(id)) return
        clearTimeout(timer)
        controller.enqueue(new TextEncoder().encode(JSON.stringify(said)))
        controller.close()
      }
      const wait = (ms: number, waited: number) => {
        timer = setTimeout(() => void look(ms, waited + ms), ms)
        // A process that wants to end does not wait for a research.
        timer.unref()
      }
      const look = async (ms: number, waited: number) => {
        // A look that fails is made again later.
        seeJob(id, await job.look().catch(() => ({})))
        if (!pending.has(id)) return
        if (waited >= patienceMs) end({})
        else wait(Math.min(ms * 2, patienceMs - waited), waited)
      }
      pending.set(id, { job, end })
      wait(Math.min(FIRST_LOOK_MS, patienceMs), 0)
    },
  })
}
