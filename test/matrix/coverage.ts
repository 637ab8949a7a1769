import { type MatrixSdk, type Omission, REQUIRED_SCENARIOS } from './row.ts'

/** What the rows of an SDK leave out without a word, or explain away although there is a row; nothing if all is well. */
export function coverageGaps({ name, rows, without }: MatrixSdk): string[] {
  const routes = new Set(rows.map(({ route }) => route))
  const missing = [...routes].flatMap((route) => {
    const covered = new Set([...rows, ...without].filter((entry) => entry.route === route).map(scenarioOf))
    if (covered.has('all others')) return []
    return REQUIRED_SCENARIOS.filter((scenario) => !covered.has(scenario)).map(
      (scenario) => `${name}, ${route}: no row for ${scenario}, and no reason`,
    )
  })
  const explained = without
    .filter(({ route, scenario }) => rows.some((row) => row.route === route && row.scenario === scenario))
    .map(
      ({ route, scenario }) => `${name}, ${route}: a row for ${scenario}, and a reason for there being none`,
    )
  const strange = without
    .filter(({ route }) => !routes.has(route))
    .map(({ route }) => `${name}: a reason for ${route}, which has no rows`)
  return [...missing, ...explained, ...strange]
}

const scenarioOf = ({ scenario }: Pick<Omission, 'scenario'>): Omission['scenario'] => scenario
