import { it } from 'vitest'
import { startBot } from './support/bot.ts'
import { typeCommand } from '../fakes/slack.ts'
it('latency', async () => {
  const bot = await startBot()
  await bot.ledger.grant('slack:T01', { type: 'paid', amount: '100000' })
  for (let i = 0; i < 40; i++) await Promise.all(Array.from({ length: 500 }, (_, n) => bot.ledger.charge('slack:T01', { amount: '0.01', category: 'LLM', agent: `a${n % 7}`, model: `m${n % 5}`, user: `U${n % 11}` })))
  const all: number[] = []
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 50 }, async (_, n) => {
      const at = performance.now()
      await typeCommand(bot.server.url, '', { user_id: `U${n}` })
      if (round > 2) all.push(performance.now() - at)
    }))
  }
  all.sort((a, b) => a - b)
  console.log('p50', all[Math.floor(all.length / 2)], 'p95', all[Math.floor(all.length * 0.95)], 'max', all.at(-1))
  await bot.close()
}, 120000)
