import type { PlanTerms } from '../../provider.ts'
import type { MeteredRequest } from '../../request.ts'
import { modelOf } from '../request-body.ts'

/**
 * The model that a request asks for. Azure is asked for a deployment, by the path, and does not look at what the
 * body names: that counts only where the deployment's name is no model's. The answer tells which it was.
 *
 * @throws CreditsError `unknown_price` where none is named
 */
export function askedModel(
  request: Pick<MeteredRequest, 'url'>,
  body: Readonly<Record<string, unknown>>,
  terms: PlanTerms,
): string {
  const deployment = DEPLOYMENT.exec(request.url.pathname)?.[1]
  if (deployment === undefined) return terms.modelNamed(modelOf(body))
  const deployed = terms.modelNamed(deployment)
  const named = typeof body['model'] === 'string' ? terms.modelNamed(body['model']) : deployed
  return !terms.ratesOf(deployed) && terms.ratesOf(named) ? named : deployed
}

const DEPLOYMENT = /\/deployments\/([^/]+)\//
