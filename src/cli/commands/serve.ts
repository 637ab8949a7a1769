import type { Command } from 'commander'
import { onInterrupt } from '../interrupt.ts'
import type { RunningServer } from '../parts.ts'
import type { Shell } from '../shell.ts'

export function addServe(program: Command, shell: Shell, serve: () => Promise<RunningServer>): void {
  program
    .command('serve')
    .description('answer Slack and HTTP until interrupted')
    .action(async () => {
      // Watched from before the start: a server that is told to stop while it starts must stop cleanly too.
      const interrupted = nextInterrupt()
      const server = await serve()
      shell.print({ url: server.url }, ({ url }) => `Listening on ${url}`)
      await interrupted
      await server.stop()
    })
}

const nextInterrupt = (): Promise<void> =>
  new Promise((resolve) => {
    onInterrupt(() => resolve())
  })
