import type { AllMiddlewareArgs, App, SlackCommandMiddlewareArgs } from '@slack/bolt'
import type { BotServices } from '../services.ts'
import { endsWithin } from '../time-limit.ts'
import type { Message } from '../views/blocks.ts'
import { helpView, somethingWentWrong, unknownSubcommand } from '../views/notices.ts'
import { balanceCommand } from './balance.ts'
import type { Subcommand } from './subcommand.ts'
import { closestName } from './suggestion.ts'

/** In the order the help shows them; the first is what `/credits` alone means. */
const SUBCOMMANDS: readonly [Subcommand, ...Subcommand[]] = [balanceCommand]

/** Slack shows an error after 3 s: by then an acknowledgement must have travelled too. */
const ACKNOWLEDGE_WITHIN_MS = 1_500

/**
 * Answers `/credits …`, to be seen by who asked only. The answer is the acknowledgement itself; where the ledger
 * takes long, the command is acknowledged without words and the answer follows to its `response_url`.
 */
export function listenToCredits(app: App, services: BotServices): void {
  app.command('/credits', async ({ command, ack, respond, context, client }) => {
    const answer = answerCommand(services, command, client)
    const inTime = await endsWithin(answer, ACKNOWLEDGE_WITHIN_MS)
    if (inTime) return ack(ephemeral(await answer))

    await ack()
    const requestId = String(context['requestId'])
    const message = await answer.catch((error: unknown) => {
      services.logger.error({ err: error, requestId }, 'A slow /credits failed')
      return somethingWentWrong(requestId)
    })
    await respond(ephemeral(message))
  })
}

async function answerCommand(
  services: BotServices,
  command: SlackCommandMiddlewareArgs['command'],
  client: AllMiddlewareArgs['client'],
): Promise<Message> {
  const [word, ...words] = command.text.split(/\s+/).filter((part) => part !== '')
  const name = word?.toLowerCase() ?? SUBCOMMANDS[0].name
  const subcommand = SUBCOMMANDS.find((candidate) => candidate.name === name)
  if (subcommand !== undefined) {
    return subcommand.answer({
      services,
      account: services.accountOf(command),
      person: { userId: command.user_id, teamId: command.team_id, enterpriseId: command.enterprise_id },
      client,
      channelId: command.channel_id,
      words,
    })
  }
  if (name === 'help') return helpView(SUBCOMMANDS)
  const names = [...SUBCOMMANDS.map((candidate) => candidate.name), 'help']
  return unknownSubcommand(name, closestName(name, names), SUBCOMMANDS)
}

const ephemeral = (message: Message) => ({ response_type: 'ephemeral' as const, ...message })
