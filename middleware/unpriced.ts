import type { Settings } from './options.ts'

/**
 * Tells that something ran without a price, and opens an alert about it on the account.
 *
 * @param subject of the alert: the same for each call that lacks the same price
 */
export function tellUnpriced(settings: Settings, account: string, subject: string, message = subject): void {
  settings.onUnpriced(message)
  alertUnpriced(settings, account, subject)
}

/** Opens an alert. The call does not wait for it; `credits.settled()` does. */
export function alertUnpriced({ credits, onUnpriced }: Settings, account: string, subject: string): void {
  if (!credits.raiseAlert) return
  const failed = (error: unknown) =>
    onUnpriced(`${subject}: the alert about it could not be opened (${String(error)})`)
  void credits.track(credits.raiseAlert(account, { kind: 'unpriced', subject }).catch(failed))
}
