import type {
  AllMiddlewareArgs,
  App,
  BlockAction,
  ButtonAction,
  SlackActionMiddlewareArgs,
} from '@slack/bolt'
import { CreditsError } from '../../src/errors.ts'
import { isOwnTrouble } from '../commands/answer.ts'
import { accountOfPerson, personOfInteraction } from '../payload-person.ts'
import { reply, replyInBest } from '../reply.ts'
import type { BotServices } from '../services.ts'
import { refusal, somethingWentWrong } from '../views/notices.ts'
import { CHARGES_CSV_ACTION, SHOW_CHART_ACTION, usageView } from '../views/usage.ts'
import { chargesSender } from './charges-file.ts'
import { readQuestion, type UsageQuestion } from './question.ts'
import { readAnswer } from './reading.ts'

type Click = SlackActionMiddlewareArgs<BlockAction<ButtonAction>> & AllMiddlewareArgs

type Answer = (click: Click, account: string, question: UsageQuestion) => Promise<void>

/** The buttons of a usage report: the same as Slack's own chart, and its charges as CSV. */
export function listenToUsage(app: App, services: BotServices): void {
  const sendCharges = chargesSender(services)
  const answers: Readonly<Record<string, Answer>> = {
    [SHOW_CHART_ACTION]: (click, account, question) => showChart(services, click, account, question),
    [CHARGES_CSV_ACTION]: (click, account, { period }) => sendCharges(click, { account, period }),
  }
  for (const [actionId, answer] of Object.entries(answers)) {
    app.action<BlockAction<ButtonAction>>(actionId, async (click) => {
      await click.ack()
      await answerClick(services, click, answer)
    })
  }
}

/** The account and the time zone are those of who clicks; the button says which days only. */
async function answerClick(services: BotServices, click: Click, answer: Answer): Promise<void> {
  const { action, body, client, context } = click
  const person = personOfInteraction(body)
  try {
    const timeZone = await services.people.timeZone(client, person)
    const [, ...words] = (action.value ?? '').split(' ')
    const question = readQuestion(words, timeZone, new Date())
    await answer(click, accountOfPerson(services, person), question)
  } catch (error) {
    if (CreditsError.isInstance(error) && !isOwnTrouble(error)) {
      services.logger.info({ ...person, actionId: action.action_id, code: error.code }, 'Refused a click')
      await reply(click, refusal(error.message))
      return
    }
    const requestId = String(context['requestId'])
    services.logger.error({ err: error, requestId }, 'A usage button failed')
    await reply(click, somethingWentWrong(requestId))
  }
}

async function showChart(services: BotServices, click: Click, account: string, question: UsageQuestion) {
  const usage = await readAnswer(services, account, question)
  await replyInBest(click, usageView(usage, 'native'), usageView(usage, 'bars'))
}
