import type { Forecast } from '../../types.ts'
import { fieldBlock } from './block.ts'
import { batchTypeName, counted, exactAmount, minuteInUtc } from './text.ts'

/** How long an account's credit lasts, and what of it will not be used. */
export function forecastView(account: string, forecast: Forecast): string {
  const { perDay, since, runsOutAt, lapses } = forecast
  return fieldBlock(`Forecast for ${account}`, [
    ['Used', `${exactAmount(perDay)} credits a day since ${minuteInUtc(since)}`],
    ['Lasts', lastingOf(forecast)],
    ['Runs out', runsOutAt === null ? null : minuteInUtc(runsOutAt)],
    [
      'Unused',
      lapses.map(
        ({ batchId, type, amount, at }) =>
          `${exactAmount(amount)} of ${batchTypeName(type)} batch ${batchId}, which expires on ${minuteInUtc(at)}`,
      ),
    ],
  ])
}

function lastingOf({ perDay, daysLeft }: Forecast): string {
  if (perDay === 0n) return 'nothing was used: there is no rate to tell by'
  if (daysLeft === null) return 'more than ten years'
  if (daysLeft === 0) return 'there is no credit left'
  // Rounded down: what is said to last does.
  const days = Math.floor(daysLeft)
  return days === 0 ? 'less than a day' : counted(days, 'day')
}
