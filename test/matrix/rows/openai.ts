import type { OpenAiStandIn } from '../../../demo/openai-stand-in.ts'
import type { MatrixSdk, Omission } from '../row.ts'
import { audioRows } from './openai/audio.ts'
import { backgroundRows } from './openai/background.ts'
import { chatRows } from './openai/chat.ts'
import { otherRows } from './openai/other-routes.ts'
import { responseRows } from './openai/responses.ts'
import { startOpenAi } from './openai/setting.ts'
import { textRows } from './openai/texts.ts'

const without = (scenario: Omission['scenario'], because: string, routes: readonly string[]): Omission[] =>
  routes.map((route) => ({ route, scenario, because }))

/** openai 7, against the stand-in of the demo. */
export const openai: MatrixSdk<OpenAiStandIn> = {
  name: 'openai',
  start: startOpenAi,
  rows: [...chatRows, ...responseRows, ...backgroundRows, ...audioRows, ...textRows, ...otherRows],
  without: [
    ...without('background', 'only responses are made in the background', [
      'chat completions',
      'transcriptions',
      'translations',
      'embeddings',
      'completions',
    ]),
    ...without('background', 'searches or not, a background response is read in one way', [
      'responses, web search',
    ]),
    ...without('stream', 'its answers are not streamed', ['translations', 'embeddings']),
    ...without('helper', 'the SDK has no helper for it', [
      'transcriptions',
      'translations',
      'embeddings',
      'completions',
    ]),
    ...without('all others', 'it is free: it passes untouched', ['models']),
    ...without('all others', 'it is refused before anything is sent', [
      'images',
      'speech',
      'batches',
      'unknown path',
    ]),
  ],
}
