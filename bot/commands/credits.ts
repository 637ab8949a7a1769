import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import { ADMIN_COMMANDS } from '../admin/commands.ts'
import { personOfCommand, personOfInteraction } from '../payload-person.ts'
import { reply } from '../reply.ts'
import type { BotServices } from '../services.ts'
import { endsWithin } from '../../src/time-limit.ts'
import { COMMAND_ACTION, LINK_ACTION, type Message } from '../views/blocks.ts'
import { somethingWentWrong } from '../views/notices.ts'
import { answerCommand, type TypedCommand } from './answer.ts'
import { balanceCommand } from './balance.ts'
import { batchesCommand } from './batches.ts'
import { explainCommand } from './explain.ts'
import type { Subcommand } from './subcommand.ts'
import { usageCommand } from './usage.ts'

/** In the order the help shows them; the first is what `/credits` alone means. */
const SUBCOMMANDS: readonly [Subcommand, ...Subcommand[]] = [
  balanceCommand,
  batchesCommand,
  usageCommand,
  explainCommand,
  ...ADMIN_COMMANDS,
]

/** Slack shows an error after 3 s: by then an acknowledgement must have travelled too. */
const ACKNOWLEDGE_WITHIN_MS = 1_500

/**
 * Answers `/credits …`, to be seen by who asked only. The answer is the acknowledgement itself; where the ledger
 * takes long, the command is acknowledged without words and the answer follows to its `response_url`.
 */
export function listenToCredits(app: App, services: BotServices): void {
  app.command('/credits', async ({ command, ack, respond, context, client }) => {
    const answer = answerCommand(SUBCOMMANDS, {
      services,
      person: personOfCommand(command),
      client,
      channelId: command.channel_id,
      triggerId: command.trigger_id,
      text: command.text,
    })
    const inTime = await endsWithin(answer, ACKNOWLEDGE_WITHIN_MS)
    if (inTime) {
      const message = await answer
      return ack(message && ephemeral(message))
    }

    await ack()
    const message = await orApology(answer, services, context['requestId'])
    if (message !== undefined) await respond(ephemeral(message))
  })
}

/** Answers buttons that stand for a typed command: the value is worth what the person who clicks could type. */
export function listenToCommandButtons(app: App, services: BotServices): void {
  app.action<BlockAction<ButtonAction>>(
    startingWith(COMMAND_ACTION),
    async ({ action, body, ack, respond, context, client }) => {
      await ack()
      const typed: TypedCommand = {
        services,
        person: personOfInteraction(body),
        client,
        channelId: body.channel?.id ?? body.user.id,
        triggerId: body.trigger_id,
        text: action.value ?? '',
      }
      const message = await orApology(answerCommand(SUBCOMMANDS, typed), services, context['requestId'])
      if (message !== undefined) await reply({ body, respond, client }, message)
    },
  )
  // Slack opens the address itself, but shows a warning where nobody acknowledges the click.
  app.action(startingWith(LINK_ACTION), ({ ack }) => ack())
}

/** Once a request is acknowledged, nobody but us tells the person that its answer failed. */
function orApology(
  answer: Promise<Message | undefined>,
  { logger }: BotServices,
  id: unknown,
): Promise<Message | undefined> {
  const requestId = String(id)
  return answer.catch((error: unknown) => {
    logger.error({ err: error, requestId }, 'A slow /credits failed')
    return somethingWentWrong(requestId)
  })
}

const startingWith = (prefix: string): RegExp => new RegExp(`^${prefix}`)

const ephemeral = (message: Message) => ({ response_type: 'ephemeral' as const, ...message })
