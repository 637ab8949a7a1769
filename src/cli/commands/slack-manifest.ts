import { type Command, InvalidArgumentError } from 'commander'
import type { ManifestChoices } from '../parts.ts'
import type { Shell } from '../shell.ts'

interface Options {
  publicUrl?: string
  socketMode?: boolean
}

export function addSlackManifest(
  program: Command,
  shell: Shell,
  slackManifest: (choices: ManifestChoices) => Promise<object>,
): void {
  program
    .command('slack-manifest')
    .description('print the manifest to make the Slack app from, at https://api.slack.com/apps')
    .option('--public-url <url>', 'where Slack reaches the server; default: PUBLIC_URL', readAddress)
    .option(
      '--socket-mode',
      'the server opens a connection to Slack instead; default: if SLACK_APP_TOKEN is set',
    )
    .action(async ({ publicUrl = setting('PUBLIC_URL'), socketMode }: Options) => {
      const manifest = await slackManifest({
        publicUrl,
        socketMode: socketMode ?? (publicUrl === undefined && setting('SLACK_APP_TOKEN') !== undefined),
      })
      shell.print(manifest, (value) => JSON.stringify(value, undefined, 2))
    })
}

/** An empty one counts as unset, as for the server. */
const setting = (name: string): string | undefined => process.env[name]?.trim() || undefined

function readAddress(text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text
  throw new InvalidArgumentError('Give an address such as https://credits.example.com.')
}
