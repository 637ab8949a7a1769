import type { Command } from 'commander'

export function addDemo(program: Command, demo: () => Promise<void>): void {
  program.command('demo').description('watch an agent talk, search and listen on prepaid credit').action(demo)
}
