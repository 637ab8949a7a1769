import type { App } from '@slack/bolt'
import type { BotServices } from '../services.ts'
import { listenToAdminButtons } from './buttons.ts'
import { listenToConfirmations } from './confirm.ts'
import { listenToAdminForms } from './submissions.ts'

/** What admins click and fill in; what they type is `ADMIN_COMMANDS`. */
export function listenToAdmins(app: App, services: BotServices): void {
  listenToAdminButtons(app, services)
  listenToConfirmations(app, services)
  listenToAdminForms(app, services)
}
