#!/usr/bin/env node
// The `credits` command. Its commands know the ledger only; the server and the demo are handed in here, where
// all rooms meet, and are loaded when they are asked for, so that no other command waits for them.
import { enableCompileCache } from 'node:module'

// From the second run on, start-up takes about half as long. Imports of files would run before this line,
// hence the import that is awaited.
enableCompileCache()
const { runCommandLine } = await import('./src/cli/main.ts')

await runCommandLine(process.argv.slice(2), {
  serve: async () => (await import('./bot/main.ts')).serve(),
  slackManifest: async (choices) => (await import('./bot/manifest.ts')).slackManifest(choices),
  demo: async () => (await import('./demo/main.ts')).demo(),
})
