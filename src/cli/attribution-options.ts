import type { Command } from 'commander'

export interface AttributionOptions {
  model?: string
  agent?: string
  user?: string
  conversation?: string
}

/** Adds what a call is attributed to: usage is split by it, and its receipt shows it. */
export function addAttributionOptions(command: Command): Command {
  return command
    .option('--model <name>', 'the model that was called')
    .option('--agent <name>', 'the agent that called it')
    .option('--user <name>', 'the person it was for')
    .option('--conversation <name>', 'the conversation it was part of')
}
