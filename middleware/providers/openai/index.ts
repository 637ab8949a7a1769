import type { Provider } from '../../provider.ts'
import { classify, reading } from './routes.ts'

/** Takes `include_usage`, and sends a stream's usage only then. Servers on the loopback interface are stand-ins. */
const STREAM_USAGE_HOSTS = /(^|\.)api\.openai\.com$|^localhost$|^127(\.\d{1,3}){3}$|^\[::1\]$/

const AZURE_HOSTS = /\.(openai|cognitiveservices)\.azure\.com$/
/** The first stable version that takes it; older ones refuse the whole request. */
const AZURE_STREAM_USAGE_SINCE = '2024-10-21'

/** OpenAI's API, and servers that speak it. */
export const openai: Provider = {
  id: 'openai',
  hosts: /(^|\.)openai\.(com|azure\.com)$/,
  classify,
  reading,
  streamsUsageOnRequest: (host, url) =>
    STREAM_USAGE_HOSTS.test(host) || (AZURE_HOSTS.test(host) && isRecentAzure(url)),
}

/** Azure's versions are dates, `2024-10-21` or `2025-01-01-preview`; the undated API is newer than all of them. */
const isRecentAzure = ({ pathname, searchParams }: URL): boolean =>
  pathname.startsWith('/openai/v1/') || (searchParams.get('api-version') ?? '') >= AZURE_STREAM_USAGE_SINCE
