import { readList } from '../active-credits/pages.ts'
import { batchesView, LISTED_MAX } from '../views/batches.ts'
import { takesNoWords } from '../views/notices.ts'
import type { Subcommand } from './subcommand.ts'

export const batchesCommand: Subcommand = {
  name: 'batches',
  summary: 'active credit, batch by batch, in the order it is spent',
  async answer({ services, account, words }) {
    if (words.length > 0) return takesNoWords('batches')
    return batchesView(await readList(services, account, { all: false, offset: 0, count: LISTED_MAX }))
  },
}
