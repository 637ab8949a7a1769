import { DeepgramClient } from '@deepgram/sdk'
import { metered } from '../../../middleware/index.ts'
import { DEEPGRAM_SECONDS, startDeepgramFake } from '../../fakes/providers/deepgram.ts'
import type { Fake } from '../../fakes/providers/serve.ts'
import { perMinute } from '../prices.ts'
import { headOf } from '../seen.ts'
import { becomesTrue } from '../waiting.ts'
import type { ExpectedCharge, MatrixSdk, Row, Run } from '../row.ts'
import { callRows, VALUES_ONLY } from './call-rows.ts'

const clientOf = ({ standIn, metering }: Run<Fake>, meterings = 1): DeepgramClient => {
  // It would wait a second before each retry, and tell its sessions apart.
  const plain = new DeepgramClient({ apiKey: 'any', baseUrl: standIn.url, maxRetries: 0 })
  Reflect.set(Reflect.get(plain, '_options').headers, 'x-deepgram-session-id', 'session')
  let client = plain
  for (let times = 0; metering && times < meterings; times++) client = metered(client, metering)
  return client
}

/** Raw audio of a length that no header tells: 60,000 bytes, at 2,000 bytes a second. */
const AUDIO = Buffer.alloc(60_000, 7)
const UNTOLD_SECONDS = 30

/** https://deepgram.com/pricing */
const charge = (input_audio_seconds: number, estimated?: true): ExpectedCharge => ({
  category: 'SpeechToText',
  model: 'nova-3',
  units: { input_audio_seconds },
  prices: { input_audio_seconds: perMinute('0.0077') },
  ...(estimated && { estimated }),
})
const USED = [charge(DEEPGRAM_SECONDS)]

const FILE = 'listen (file)'
const URL_ROUTE = 'listen (url)'

const listen = (client: DeepgramClient, abortSignal?: AbortSignal) =>
  client.listen.v1.media.transcribeFile(AUDIO, { model: 'nova-3' }, abortSignal && { abortSignal })
const listenElsewhere = (client: DeepgramClient) =>
  client.listen.v1.media.transcribeUrl({ url: 'https://a.example/voice.wav', model: 'nova-3' })

const rowsOf = (route: string, call: (client: DeepgramClient) => Promise<unknown>) =>
  callRows<Fake>({
    route,
    call: (run) => call(clientOf(run)),
    callTwiceMetered: (run) => call(clientOf(run, 2)),
    charges: USED,
    unstated: [charge(UNTOLD_SECONDS, true)],
    // The length stands at the start of the answer.
    cut: [charge(DEEPGRAM_SECONDS, true)],
    noCredit: { class: 'DeepgramError', isInsufficientCredits: true, atOnce: true },
    retries: false,
    options: { maxAudioSeconds: UNTOLD_SECONDS },
  })

const fileRows: Row<Fake>[] = [
  {
    route: FILE,
    scenario: 'withResponse',
    charges: USED,
    async act(run) {
      const { data, rawResponse } = await listen(clientOf(run)).withRawResponse()
      const { status, statusText, url, redirected, type } = rawResponse
      return { data, status, statusText, url, redirected, type }
    },
  },
  {
    route: FILE,
    scenario: 'unread',
    charges: USED,
    async act(run) {
      const init = { method: 'POST', body: AUDIO, headers: { 'content-type': 'audio/x-any' } }
      return headOf(await clientOf(run).fetch(`${run.standIn.url}/v1/listen?model=nova-3`, init))
    },
  },
  {
    route: FILE,
    scenario: 'abort',
    variant: 'before the head',
    leaves: true,
    charges: [],
    async act(run) {
      run.standIn.fail('hang')
      const controller = new AbortController()
      const failed = listen(clientOf(run), controller.signal).catch((error: unknown) => error)
      await becomesTrue(() => run.standIn.requests.length === 1)
      controller.abort()
      return failed
    },
  },
]

/** @deepgram/sdk, against a stand-in. */
export const deepgram: MatrixSdk<Fake> = {
  name: 'deepgram',
  start: startDeepgramFake,
  rows: [...rowsOf(FILE, listen), ...rowsOf(URL_ROUTE, listenElsewhere), ...fileRows],
  without: [
    ...VALUES_ONLY(FILE).filter(({ scenario }) => !fileRows.some((row) => row.scenario === scenario)),
    ...VALUES_ONLY(URL_ROUTE).map(({ route, scenario, because }) => ({
      route,
      scenario,
      because: fileRows.some((row) => row.scenario === scenario) ? `as for ${FILE}` : because,
    })),
  ],
}
