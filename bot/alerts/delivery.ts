import type { Alert } from '../../src/types.ts'
import { DONE, later, type Outcome } from '../jobs/queue.ts'
import type { Channel, Mark, Sender } from '../jobs/sender.ts'
import { slackFailure } from '../jobs/slack-failure.ts'
import { alertView } from '../views/alerts/alert.ts'
import type { Message } from '../views/blocks.ts'
import type { AlertMessages, AlertPlace } from './messages.ts'
import { type AlertServices, isSharedAccount, placeName, type SlackPlace } from './places.ts'
import { readAlertState } from './reading.ts'

/** A job: brings an alert's message in a place up to date. What it shows is read when it runs. */
export interface Delivery {
  readonly account: string
  readonly alertId: string
  readonly place: SlackPlace
}

/** While another sends it. */
const LOOK_AGAIN_MS = 2_000

/**
 * A low balance that comes back within that time of the last one's end shows in the message of the last one, unless it
 * is critical: an account that swings about its line does not fill the channel, and what is urgent is still seen.
 */
const COOL_DOWN = '1 hour'

/** What Slack says of a message that somebody deleted, or that cannot be changed any more: they have seen it. */
const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed'])

/** Shows alerts in Slack: one message for each episode and place, updated in place. */
export class AlertDelivery {
  private readonly services: AlertServices
  private readonly sender: Sender
  private readonly messages: AlertMessages

  constructor(services: AlertServices, sender: Sender, messages: AlertMessages) {
    this.services = services
    this.sender = sender
    this.messages = messages
  }

  async deliver({ account, alertId, place: { areAdmins, ...address } }: Delivery): Promise<Outcome> {
    const place = { account, alertId, place: placeName(address) }
    const [alert, message] = await Promise.all([
      this.services.ledger.readAlert(account, alertId),
      this.messages.read(place),
    ])
    if (message !== undefined && message.shownVersion >= alert.version) return DONE
    const isOver = alert.resolvedAt !== null
    const isPerhapsShown = message !== undefined && (message.ts !== null || message.isBegun)
    // What came and went before anybody saw it is no news.
    if (isOver && !isPerhapsShown) return DONE
    const snoozedMs = (alert.snoozedUntil?.getTime() ?? 0) - Date.now()
    if (!isOver && snoozedMs > 0) return later(snoozedMs)
    return this.sender.reach(address, (channel) => this.showOnce(channel, areAdmins, place))
  }

  private async showOnce(channel: Channel, areAdmins: boolean, place: AlertPlace): Promise<Outcome> {
    const claim = await this.messages.claim(place)
    if (claim === undefined) return later(LOOK_AGAIN_MS)
    let mayBeSent = claim.isBegun && claim.ts === null
    try {
      // Read under the right to send: what another showed meanwhile is not replaced by what was before it.
      const alert = await this.services.ledger.readAlert(place.account, place.alertId)
      const sentTs = mayBeSent ? await this.sender.find(channel, markOf(alert), alert.raisedAt) : claim.ts
      mayBeSent = false
      const shownTs = await this.show(channel, areAdmins, place, sentTs, alert)
      if (shownTs === undefined) await this.messages.giveBack(place, claim, true)
      else await this.messages.noteShown(place, shownTs, alert.version)
      return DONE
    } catch (error) {
      const isKnown = !mayBeSent && slackFailure(error).kind !== 'unknown'
      // The right ends by itself, later; what went wrong first matters more.
      await this.messages.giveBack(place, claim, isKnown).catch(() => {})
      throw error
    }
  }

  /** Says which message shows it; undefined where it is over before anybody saw it. */
  private async show(
    channel: Channel,
    areAdmins: boolean,
    place: AlertPlace,
    sentTs: string | null | undefined,
    alert: Alert,
  ): Promise<string | undefined> {
    if (typeof sentTs === 'string') {
      await this.update(channel, areAdmins, place, sentTs, alert)
      return sentTs
    }
    const adoptedTs = await this.adopt(place, alert)
    if (adoptedTs !== undefined) {
      if (await this.update(channel, areAdmins, place, adoptedTs, alert)) return adoptedTs
      // Whoever deleted it had seen the last low balance, and nothing of this one.
      await this.messages.adopt(place, null)
    }
    return this.post(channel, areAdmins, alert)
  }

  /** The message of the last low balance, where this one is to show in it. */
  private async adopt(place: AlertPlace, alert: Alert): Promise<string | undefined> {
    if (alert.kind !== 'low_balance' || alert.level !== 1 || alert.resolvedAt !== null) return undefined
    const ts = await this.messages.lastLowBalance(place, COOL_DOWN)
    if (ts !== undefined) await this.messages.adopt(place, ts)
    return ts
  }

  private async post(channel: Channel, areAdmins: boolean, alert: Alert): Promise<string | undefined> {
    if (alert.resolvedAt !== null) return undefined
    return this.sender.post(channel, await this.view(alert, areAdmins), markOf(alert))
  }

  /** Whether the message is still there. */
  private async update(
    channel: Channel,
    areAdmins: boolean,
    place: AlertPlace,
    ts: string,
    alert: Alert,
  ): Promise<boolean> {
    if (await this.messages.isTaken(place, ts)) return true
    try {
      await this.sender.update(channel, ts, await this.view(alert, areAdmins), markOf(alert))
    } catch (error) {
      const failure = slackFailure(error)
      if (failure.kind !== 'refused' || !GONE.has(failure.reason)) throw error
      return false
    }
    return true
  }

  private async view(alert: Alert, areAdmins: boolean): Promise<Message> {
    const { ledger, settings } = this.services
    return alertView(await readAlertState(ledger, alert), {
      areAdmins,
      seeUsage: !areAdmins || isSharedAccount(this.services, alert.account),
      addCreditUrl: settings.addCreditUrl,
    })
  }
}

const markOf = ({ id }: Alert): Mark => ({ type: 'credits_alert', id })
