import type { Provider } from '../../provider.ts'
import { classify } from './routes.ts'

/** Takes `include_usage`, and sends a stream's usage only then. Servers on the loopback interface are stand-ins. */
const STREAM_USAGE_HOSTS = /(^|\.)api\.openai\.com$|^localhost$|^127(\.\d{1,3}){3}$|^\[::1\]$/

/** OpenAI's API, and servers that speak it. */
export const openai: Provider = {
  id: 'openai',
  hosts: /(^|\.)openai\.(com|azure\.com)$/,
  classify,
  streamsUsageOnRequest: (host) => STREAM_USAGE_HOSTS.test(host),
}
