/** `node scripts/check-house.ts`: exits 1 and names each place where the house's rules are broken. */
import { brokenRules } from './house/house.ts'

const broken = brokenRules('.')
for (const rule of broken) console.error(rule)
process.exitCode = broken.length > 0 ? 1 : 0
