import { type SpawnSyncOptionsWithStringEncoding, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'

/** An empty project of somebody else, with the packed package installed and none of its optional peers. */
export interface Consumer {
  /** The project's folder; `types/` in it also sees the peers and `@types/node`. */
  folder: string
  /** What `npm install` put into `node_modules/agent-credits`. */
  installed: string
  write(path: string, text: string): void
  /** Runs a program in the project, on this Node. `environment` replaces single variables; undefined unsets. */
  run(command: string, parameters: string[], environment?: NodeJS.ProcessEnv): RunResult
  remove(): void
}

export interface RunResult {
  status: number | null
  stdout: string
  stderr: string
}

/** Enough for a first download on a slow line; what hangs fails. */
const NPM_TIMEOUT_MS = 150_000

/** What types need and the installed package does not bring: linked from here, so that nothing is downloaded. */
const LINKED = [
  '@types/node',
  '@ai-sdk/anthropic',
  '@ai-sdk/openai',
  '@anthropic-ai/sdk',
  '@deepgram/sdk',
  '@langchain/openai',
  '@openai/agents',
  '@tavily/core',
  'brave-search',
  'exa-js',
  'groq-sdk',
  'openai',
]

/** Packs this package as `npm publish` would and installs it into a new folder. */
export function installPacked(): Consumer {
  const folder = mkdtempSync(join(tmpdir(), 'credits-consumer-'))
  const installed = join(folder, 'node_modules/agent-credits')
  const consumer: Consumer = {
    folder,
    installed,
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    },
    run: (command, parameters, environment) => run(command, parameters, folder, environment),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
  try {
    must(run('npm', ['pack', '--pack-destination', folder], process.cwd()))
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
    if (tarball === undefined) throw new Error('npm pack wrote no tarball')
    consumer.write('package.json', '{ "name": "consumer", "private": true, "type": "module" }')
    must(consumer.run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`]))
    for (const name of LINKED) {
      const link = join(folder, 'types/node_modules', name)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(resolve('node_modules', name), link, 'junction')
    }
  } catch (error) {
    consumer.remove()
    throw error
  }
  return consumer
}

function run(
  command: string,
  parameters: string[],
  cwd: string,
  environment: NodeJS.ProcessEnv = {},
): RunResult {
  const options: SpawnSyncOptionsWithStringEncoding = {
    cwd,
    encoding: 'utf8',
    env: {
      ...process.env,
      // npm tells its scripts where the project is; the npm started here has another.
      npm_config_local_prefix: undefined,
      NO_COLOR: '1',
      PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: NPM_TIMEOUT_MS,
    shell: process.platform === 'win32',
  }
  const { status, stdout, stderr, error } = spawnSync(command, parameters, options)
  if (error) throw error
  return { status, stdout, stderr }
}

function must({ status, stdout, stderr }: RunResult): void {
  if (status !== 0) throw new Error(`exit code ${status}:\n${stdout}${stderr}`)
}
