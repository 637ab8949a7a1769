import { readQuestion, USAGE_WORDS } from '../usage/question.ts'
import { readAnswer } from '../usage/reading.ts'
import { usageView } from '../views/usage.ts'
import type { Subcommand } from './subcommand.ts'

/** Slack's own chart is not for an acknowledgement, where nobody hears that a workspace refuses it. */
export const usageCommand: Subcommand = {
  name: 'usage',
  usage: USAGE_WORDS,
  summary: 'what was used, by category, agent, person and model',
  async answer({ services, account, person, client, words }) {
    const timeZone = await services.people.timeZone(client, person)
    const question = readQuestion(words, timeZone, new Date())
    return usageView(await readAnswer(services, account, question), 'bars', true)
  },
}
