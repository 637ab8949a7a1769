import type { App } from '@slack/bolt'
import { listenToCredits } from './commands/credits.ts'
import type { BotServices } from './services.ts'

/** Puts what answers a part of Slack's requests into the Bolt app. */
export type Listen = (app: App, services: BotServices) => void

/** All that the bot answers. A new part is a file and a line here. */
export const LISTENERS: readonly Listen[] = [listenToCredits]
