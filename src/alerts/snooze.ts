import type { Database } from '../../db/connect.ts'
import { parseDuration } from '../duration.ts'
import { CreditsError } from '../errors.ts'
import type { Alert, DurationInput, SnoozeInput } from '../types.ts'
import { checkOptionalText } from '../validate.ts'
import { alertNotFound } from './alert-reader.ts'
import { ALERT_COLUMNS, alertOfRow, type AlertRow } from './alert-row.ts'

/**
 * Has an open alert keep quiet for a while from now.
 *
 * @throws CreditsError `alert_not_found`, `alert_resolved`, `invalid_duration`, `invalid_text`
 */
export async function snoozeAlert(
  database: Database,
  about: { account: string; id: string },
  duration: DurationInput,
  input: SnoozeInput,
  fixedTime: Date | null,
): Promise<Alert> {
  const milliseconds = parseDuration(duration)
  const actor = checkOptionalText(input.actor, 'actor') ?? null
  const { account, id } = about
  const { prepare } = database
  // It may be done twice where the connection fails: then it is snoozed from the second time on.
  return database.read((sql) =>
    sql.begin('isolation level read committed', async (transaction) => {
      const query = <Row extends object>(text: string, parameters: (string | null)[]) =>
        transaction.unsafe<Row[]>(text, parameters, { prepare })
      const [locked] = await query<{ resolved_at: Date | null }>(
        'select resolved_at from alerts where account_id = $1 and id = $2::uuid for update',
        [account, id],
      )
      if (!locked) throw alertNotFound(account, id)
      if (locked.resolved_at !== null) {
        throw new CreditsError(
          'alert_resolved',
          'This alert is over already: there is nothing to snooze.',
          about,
        )
      }
      // The time is read by itself: tables that are spread over nodes take no clock in an update.
      const [time] = await query<{ until: Date }>(
        `select coalesce($1::timestamptz, clock_timestamp()) + $2::bigint * interval '1 millisecond' as until`,
        [fixedTime?.toISOString() ?? null, milliseconds.toString()],
      )
      const [row] = await query<AlertRow>(
        `update alerts set version = version + 1, snoozed_until = $3::timestamptz,
           detail = detail || jsonb_build_object('snoozedBy', $4::text)
         where account_id = $1 and id = $2::uuid returning ${ALERT_COLUMNS}`,
        [account, id, time?.until.toISOString() ?? null, actor],
      )
      if (!row) throw new Error('An alert that is locked can be changed.')
      return alertOfRow(row)
    }),
  )
}
