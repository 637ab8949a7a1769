/** Where an API begins when nobody says: up to a version, or as Azure has it, where a deployment may be named. */
const API_BASES =
  /^(?:.*?\/v\d+(?=\/)|\/openai(?=\/)|.*?\/openai(?=\/deployments\/))?(?:\/deployments\/[^/]+)?/

/**
 * The path of a request below its API's base, for telling routes apart: `/chat/completions`.
 *
 * @example apiPath(new URL('https://api.openai.com/v1/responses'), undefined) // '/responses'
 */
export function apiPath(url: URL, base: URL | undefined): string {
  const prefix = base?.pathname.replace(/\/+$/, '') ?? ''
  if (base && url.origin === base.origin && url.pathname.startsWith(`${prefix}/`)) {
    return url.pathname.slice(prefix.length).replace(/^\/deployments\/[^/]+/, '')
  }
  return url.pathname.replace(API_BASES, '')
}
