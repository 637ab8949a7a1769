import { type AnthropicStandIn, startAnthropicStandIn } from '../../fakes/providers/anthropic.ts'
import type { MatrixSdk } from '../row.ts'
import { streamRows } from './anthropic/stream-rows.ts'
import { wholeRows } from './anthropic/whole-rows.ts'

/** @anthropic-ai/sdk 1, against a stand-in. */
export const anthropic: MatrixSdk<AnthropicStandIn> = {
  name: 'anthropic',
  start: () => startAnthropicStandIn(),
  rows: [...wholeRows, ...streamRows],
  without: [
    { route: 'messages', scenario: 'background', because: 'messages are answered at once or in batches' },
  ],
}
