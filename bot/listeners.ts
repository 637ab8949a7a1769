import type { App } from '@slack/bolt'
import { listenToActiveCredits } from './active-credits/listeners.ts'
import { listenToAdmins } from './admin/listeners.ts'
import { listenToSnooze } from './alerts/snooze.ts'
import { listenToCommandButtons, listenToCredits } from './commands/credits.ts'
import { listenToHome } from './home/listener.ts'
import type { BotServices } from './services.ts'
import { listenToUsage } from './usage/listeners.ts'

/** Puts what answers a part of Slack's requests into the Bolt app. */
export type Listen = (app: App, services: BotServices) => void

/** All that the bot answers. A new part is a file and a line here. */
export const LISTENERS: readonly Listen[] = [
  listenToCredits,
  listenToCommandButtons,
  listenToActiveCredits,
  listenToHome,
  listenToUsage,
  listenToAdmins,
  listenToSnooze,
]
