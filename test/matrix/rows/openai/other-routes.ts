import { refusalSeen } from '../../refusal.ts'
import { openaiOf, type OpenAiRow } from './setting.ts'

/** What is refused because it costs money in a way that is not known. */
const UNMETERED = {
  class: 'BadRequestError',
  status: 400,
  code: 'unmetered_route',
  isInsufficientCredits: false,
  atOnce: true,
}

const refused = (
  route: string,
  call: (...args: Parameters<OpenAiRow['act']>) => PromiseLike<unknown>,
): OpenAiRow => ({
  route,
  scenario: 'unmetered',
  charges: [],
  alone: true,
  refused: [UNMETERED],
  act: async (run) => run.saw(await refusalSeen(() => call(run))),
})

export const otherRows: OpenAiRow[] = [
  {
    route: 'models',
    scenario: 'plain',
    charges: [],
    credit: '0',
    act: async (run) => (await openaiOf(run).models.list()).data,
  },
  refused('images', (run) => openaiOf(run).images.generate({ model: 'gpt-image-1', prompt: 'An elephant' })),
  refused('speech', (run) =>
    openaiOf(run).audio.speech.create({ model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Hello' }),
  ),
  refused('batches', (run) =>
    openaiOf(run).batches.create({ input_file_id: 'f', endpoint: '/v1/responses', completion_window: '24h' }),
  ),
  refused('unknown path', (run) => openaiOf(run).post('/threads/t/chat/completions', { body: {} })),
]
