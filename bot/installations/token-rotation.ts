import { WebClient, type WebClientOptions } from '@slack/web-api'
import { z } from 'zod'
import type { Logger } from '../log.ts'
import { type Installed, type Kept, nameOf } from './installation.ts'
import type { InstallationTable } from './store.ts'

export interface RotationOptions {
  clientId: string
  clientSecret: string
  clientOptions: WebClientOptions
  table: InstallationTable
  logger: Logger
}

/** Of the 12 hours that a token lasts. Until then a refresh that fails is only tried again. */
const RENEWED_BEFORE_SECONDS = 2 * 3600

const renewed = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  expires_in: z.number().positive(),
})

/**
 * Renews tokens that expire, where the app has Slack rotate them. A refresh token is good for one use: whoever uses it
 * a second time is refused, and the installation lost. So this process asks once however many wait, and servers take
 * turns at the installation's row.
 */
export class TokenRotation {
  private readonly options: RotationOptions
  private readonly client: WebClient
  private readonly running = new Map<string, Promise<Installed | undefined>>()

  constructor(options: RotationOptions) {
    this.options = options
    // Once: a refresh that was done, but whose answer was lost, must not be asked for again.
    this.client = new WebClient(undefined, { ...options.clientOptions, retryConfig: { retries: 0 } })
  }

  /** The installation with a token that lasts; undefined where it was removed meanwhile. */
  async renew(installed: Installed): Promise<Installed | undefined> {
    if (!isDue(installed)) return installed
    const name = nameOf(installed.place)
    let renewal = this.running.get(name)
    if (renewal === undefined) {
      renewal = this.options.table
        .change(installed.place, (current) => this.ask(current))
        .finally(() => this.running.delete(name))
      this.running.set(name, renewal)
    }
    try {
      return await renewal
    } catch (error) {
      if (isOver(installed)) throw error
      this.options.logger.warn({ err: error, ...installed.place }, 'A token could not be renewed yet')
      return installed
    }
  }

  private async ask(current: Installed): Promise<Kept | undefined> {
    // Another server was faster.
    if (!isDue(current) || current.refreshToken === undefined) return undefined
    const { clientId, clientSecret, logger } = this.options
    const answer = await this.client.oauth.v2.access({
      client_id: clientId,
      client_secret: clientSecret,
      grant_type: 'refresh_token',
      refresh_token: current.refreshToken,
    })
    const { access_token: botToken, refresh_token: refreshToken, expires_in: seconds } = renewed.parse(answer)
    logger.info({ ...current.place }, 'Renewed a token')
    return { ...current, botToken, refreshToken, expiresAt: nowSeconds() + seconds }
  }
}

const isDue = ({ refreshToken, expiresAt }: Kept): boolean =>
  refreshToken !== undefined && expiresAt !== undefined && expiresAt - nowSeconds() <= RENEWED_BEFORE_SECONDS

const isOver = ({ expiresAt }: Kept): boolean => expiresAt !== undefined && expiresAt <= nowSeconds()

const nowSeconds = (): number => Math.floor(Date.now() / 1000)
