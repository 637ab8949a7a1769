import { readQuestion } from '../../bot/usage/question.ts'
import { readAnswer } from '../../bot/usage/reading.ts'
import { usageView } from '../../bot/views/usage.ts'
import type { Scene } from './scene.ts'
import type { NamedView } from './written.ts'

/** Reports of usage, for somebody in Berlin. */
export async function usageViews({ ledger, account, now }: Scene): Promise<NamedView[]> {
  const report = (...words: string[]) =>
    readAnswer({ ledger }, account, readQuestion(words, 'Europe/Berlin', now))
  const week = await report('7d')
  return [
    { name: 'usage', when: '/credits usage 7d', view: usageView(week, 'bars') },
    { name: 'usage-chart', when: '“Show chart”', view: usageView(week, 'native') },
    {
      name: 'usage-by-agent',
      when: '/credits usage 2026-04-01 2026-05-08 by agent',
      view: usageView(await report('2026-04-01', '2026-05-08', 'by', 'agent'), 'bars'),
    },
    {
      name: 'usage-none',
      when: '/credits usage of a month without any',
      view: usageView(await report('2026-02-01', '2026-02-28'), 'bars'),
    },
  ]
}
