import type { Provider } from '../../provider.ts'
import { classify } from './routes.ts'

/** Anthropic's API, and servers that speak it. */
export const anthropic: Provider = {
  id: 'anthropic',
  hosts: /(^|\.)anthropic\.com$/,
  classify,
  // Every stream states its usage, and nobody may ask for it.
  streamsUsageOnRequest: () => false,
}
