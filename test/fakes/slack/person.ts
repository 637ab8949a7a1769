import type { Fields } from './calls.ts'
import { elementsOf, stateOf, use, type Values } from './form.ts'
import { type Act, type Interaction, perform } from './interaction.ts'
import { payloadOf } from './methods/views.ts'
import { addAddress } from './response-urls.ts'
import type { Profile, State, StoredMessage, StoredView } from './state.ts'
import type { Transport } from './transports.ts'

/** What the payloads of a person's acts are made with. */
export interface Surroundings {
  readonly state: State
  readonly transport: Transport
  readonly baseUrl: string
  /** Whether the organisation has installed the app: then payloads name no workspace for what is not in one. */
  readonly isEnterpriseInstall: boolean
}

/** Somebody in Slack: types, clicks, fills in and submits, and sees what comes of it. */
export class Person {
  readonly profile: Profile
  private readonly surroundings: () => Surroundings

  constructor(profile: Profile, surroundings: () => Surroundings) {
    this.profile = profile
    this.surroundings = surroundings
  }

  get id(): string {
    return this.profile.id
  }

  /** Types a command, and reads the answer. */
  async command(typed: string, channel?: string): Promise<StoredMessage> {
    return (await this.type(typed, channel)).message()
  }

  /** Types a command, e.g. `/credits usage 7d`. */
  type(typed: string, channel = 'C1'): Promise<Interaction> {
    const { state, baseUrl, isEnterpriseInstall } = this.surroundings()
    const [command = '', ...words] = typed.split(' ')
    const triggerId = this.trigger()
    const address = this.address(channel)
    const payload = {
      command,
      text: words.join(' '),
      user_id: this.id,
      user_name: this.profile.name,
      ...this.team(({ id, name }) => ({ team_id: id, team_domain: name.toLowerCase() })),
      ...(this.enterpriseId === undefined
        ? {}
        : { enterprise_id: this.enterpriseId, enterprise_name: 'Acme Holding' }),
      is_enterprise_install: String(isEnterpriseInstall),
      channel_id: channel,
      channel_name: 'general',
      api_app_id: 'A1',
      trigger_id: triggerId,
      response_url: `${baseUrl}/response/${address}`,
    }
    return this.act({
      delivery: { kind: 'slash_commands', payload },
      triggerId,
      address: state.addresses.get(address),
    })
  }

  /**
   * Clicks a button, or chooses `value` in a select.
   *
   * @throws Error where there is nothing of that action id
   */
  click(
    target: StoredMessage | StoredView,
    actionId: string,
    { value, values = {} }: { value?: string | readonly string[]; values?: Values } = {},
  ): Promise<Interaction> {
    const { state, baseUrl } = this.surroundings()
    const blocks = 'content' in target ? target.content.blocks : target.blocks
    const found = elementsOf(blocks).find(({ element }) => element.action_id === actionId)
    if (found === undefined) throw new Error(`Nothing there has the action id ${actionId}.`)
    const { element, block } = found
    const triggerId = this.trigger()
    const address = 'content' in target ? undefined : this.address(target.channel, target)
    const used =
      element.type === 'button'
        ? { text: element['text'], ...('value' in element ? { value: element['value'] } : {}) }
        : use(element, value ?? null)
    const payload = {
      ...this.interactive('block_actions', triggerId),
      ...('content' in target ? inView(target, values) : inMessage(target)),
      ...(address === undefined ? {} : { response_url: `${baseUrl}/response/${address}` }),
      actions: [
        {
          type: element.type,
          action_id: actionId,
          block_id: block.block_id,
          ...used,
          action_ts: String(state.now() / 1000),
        },
      ],
    }
    return this.act({
      delivery: { kind: 'interactive', payload },
      triggerId,
      address: address === undefined ? undefined : state.addresses.get(address),
    })
  }

  /** Submits a modal with these values, and what stood in the other inputs. */
  submit(view: StoredView, values: Values = {}): Promise<Interaction> {
    if (!view.isOpen) throw new Error('The view is closed.')
    const triggerId = this.trigger()
    const payload = {
      ...this.interactive('view_submission', triggerId),
      view: { ...payloadOf(view), state: stateOf(view.content.blocks, values, true) },
      response_urls: [],
    }
    return this.act({ delivery: { kind: 'interactive', payload }, triggerId, submitted: view })
  }

  /** Closes a modal; the app hears of it where it asked to. */
  async close(view: StoredView): Promise<void> {
    view.isOpen = false
    if (view.content.type !== 'modal' || view.content.notify_on_close !== true) return
    const payload = {
      ...this.interactive('view_closed', undefined),
      view: payloadOf(view),
      is_cleared: false,
    }
    await this.act({ delivery: { kind: 'interactive', payload }, triggerId: undefined })
  }

  /** Opens the app's home, and waits until there is one. */
  async openHome(): Promise<StoredView> {
    const { state } = this.surroundings()
    const home = state.homes.get(this.id)
    await this.event({
      type: 'app_home_opened',
      user: this.id,
      channel: `D${this.id}`,
      tab: 'home',
      ...(home === undefined ? {} : { view: payloadOf(home) }),
      event_ts: state.nextTimestamp(),
    })
    return state.changes.until(() => state.homes.get(this.id), `the home of ${this.id}`)
  }

  /** Lets the app hear of an event in this person's workspace. */
  event(event: Fields, retry?: { count: number; reason: string }): Promise<Interaction> {
    const { state, isEnterpriseInstall } = this.surroundings()
    const payload = {
      type: 'event_callback',
      ...this.team(({ id }) => ({ team_id: id })),
      ...(this.enterpriseId === undefined ? {} : { enterprise_id: this.enterpriseId }),
      api_app_id: 'A1',
      event,
      event_id: state.nextId('Ev'),
      event_time: Math.floor(state.now() / 1000),
      authorizations: [
        {
          enterprise_id: this.enterpriseId ?? null,
          team_id: isEnterpriseInstall ? null : this.profile.teamId,
          user_id: 'U1BOT',
          is_bot: true,
          is_enterprise_install: isEnterpriseInstall,
        },
      ],
    }
    const delivery = { kind: 'events_api' as const, payload, ...(retry === undefined ? {} : { retry }) }
    return this.act({ delivery, triggerId: undefined })
  }

  private get enterpriseId(): string | undefined {
    return this.profile.enterprise?.id
  }

  private act(act: Act): Promise<Interaction> {
    const { state, transport } = this.surroundings()
    return perform(state, transport, act)
  }

  private interactive(type: string, triggerId: string | undefined): Fields {
    const { id, name, teamId } = this.profile
    const { isEnterpriseInstall } = this.surroundings()
    return {
      type,
      user: { id, username: name, name, ...(teamId === '' ? {} : { team_id: teamId }) },
      api_app_id: 'A1',
      team: teamId === '' ? null : { id: teamId, domain: 'acme' },
      enterprise: this.enterpriseId === undefined ? null : { id: this.enterpriseId, name: 'Acme Holding' },
      is_enterprise_install: isEnterpriseInstall,
      ...(triggerId === undefined ? {} : { trigger_id: triggerId }),
    }
  }

  /** What a payload says of the workspace; nothing where the person acts outside of one. */
  private team<Told extends Fields>(tell: (team: { id: string; name: string }) => Told): Told | undefined {
    const { teamId } = this.profile
    return teamId === '' ? undefined : tell({ id: teamId, name: 'Acme' })
  }

  private trigger(): string {
    return this.surroundings().state.trigger(this.id, this.profile.teamId)
  }

  private address(channel: string, original?: StoredMessage): string {
    const { state } = this.surroundings()
    return addAddress(state, { channel, userId: this.id, teamId: this.profile.teamId, original })
  }
}

const inView = (view: StoredView, values: Values): Fields => {
  const state = stateOf(view.content.blocks, values, false)
  return { container: { type: 'view', view_id: view.id }, view: { ...payloadOf(view), state }, state }
}

const inMessage = (message: StoredMessage): Fields => {
  const isEphemeral = message.ephemeralTo !== undefined
  return {
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: message.channel,
      is_ephemeral: isEphemeral,
    },
    channel: { id: message.channel, name: 'general' },
    // Of a message that only one person sees Slack tells no more than where it is.
    ...(isEphemeral
      ? {}
      : {
          message: {
            type: 'message',
            ts: message.ts,
            text: message.text,
            blocks: message.blocks,
            ...(message.metadata === undefined ? {} : { metadata: message.metadata }),
          },
        }),
    state: stateOf(message.blocks, {}, false),
  }
}
