import type postgres from 'postgres'
import { parseDuration } from '../duration.ts'
import { CreditsError } from '../errors.ts'
import type { Alert, DurationInput, SnoozeInput } from '../types.ts'
import { checkOptionalText } from '../validate.ts'
import { readAlert } from './alert-reader.ts'
import { ALERT_COLUMNS, alertOfRow, type AlertRow } from './alert-row.ts'

/**
 * Has an open alert keep quiet for a while from now.
 *
 * @throws CreditsError `alert_not_found`, `alert_resolved`, `invalid_duration`, `invalid_text`
 */
export async function snoozeAlert(
  sql: postgres.Sql,
  prepare: boolean,
  about: { account: string; id: string },
  duration: DurationInput,
  input: SnoozeInput,
  fixedTime: Date | null,
): Promise<Alert> {
  const milliseconds = parseDuration(duration)
  const actor = checkOptionalText(input.actor, 'actor') ?? null
  const [row] = await sql.unsafe<AlertRow[]>(
    `update alerts set version = version + 1,
       snoozed_until = coalesce($3::timestamptz, clock_timestamp()) + $4::bigint * interval '1 millisecond',
       detail = detail || jsonb_build_object('snoozedBy', $5::text)
     where account_id = $1 and id = $2 and resolved_at is null
     returning ${ALERT_COLUMNS}`,
    [about.account, about.id, fixedTime?.toISOString() ?? null, milliseconds.toString(), actor],
    { prepare },
  )
  if (row) return alertOfRow(row)
  await readAlert(sql, prepare, about.account, about.id)
  throw new CreditsError('alert_resolved', 'This alert is over already: there is nothing to snooze.', about)
}
