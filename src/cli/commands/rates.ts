import { readFile, stat } from 'node:fs/promises'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { CreditsError } from '../../errors.ts'
import type { RateInput, RatesQuery } from '../../prices.ts'
import type { Shell } from '../shell.ts'
import { ratesTable, setRatesTable } from '../views/rates.ts'

/** Many times what the longest list takes. */
const FILE_MAX_BYTES = 10 * 1024 * 1024

interface SetOptions {
  per: number
  from?: string
  source: string
  dryRun?: boolean
}

/** What calls cost: prices that are set take the place of the published ones. */
export function addRates(program: Command, shell: Shell): void {
  const rates = program.command('rates').description('prices that take the place of the published ones')
  addList(rates, shell)
  addSet(rates, shell)
  addImport(rates, shell)
}

function addList(rates: Command, shell: Shell): void {
  rates
    .command('list')
    .description('the prices that were set and hold now or later')
    .option('--provider <name>', 'of one provider')
    .option('--model <name>', 'of one model')
    .option('--all', 'also those that others have taken the place of')
    .action(async ({ provider, model, all }: RatesQuery) => {
      await shell.ask((ledger) => ledger.prices.listRates({ provider, model, all }), ratesTable)
    })
}

function addSet(rates: Command, shell: Shell): void {
  rates
    .command('set')
    .description('set the price of one unit, from now or a later time on')
    .argument('<provider>', 'as the rate card names it, e.g. openai')
    .argument('<model>', 'e.g. gpt-5, or a service such as web_search')
    .argument('<unit>', 'e.g. input_tokens')
    .argument('<dollars>', 'for as many units as --per says; "published" goes back to the published price')
    .option('--per <count>', 'how many units the price is for', wholeNumber, 1)
    .option('--from <time>', 'from when on it holds (default: now)')
    .requiredOption('--source <text>', 'where the price is from: a contract, an address')
    .option('--dry-run', 'check it and set nothing')
    .action(async (provider: string, model: string, unit: string, dollars: string, options: SetOptions) => {
      const { per, from, source, dryRun = false } = options
      const input: RateInput = { provider, model, unit, dollars, per, from, source }
      await shell.ask(
        (ledger) => ledger.prices.setRates([input], { dryRun }),
        (set) => setRatesTable(set, dryRun),
      )
    })
}

function addImport(rates: Command, shell: Shell): void {
  rates
    .command('import')
    .description('set all prices of a file, or none')
    .argument(
      '<file>',
      'JSON or CSV with provider, model, unit, dollars, source, and where wanted per and from',
    )
    .option('--dry-run', 'check them and set nothing')
    .action(async (path: string, { dryRun = false }: { dryRun?: boolean }) => {
      const text = await readRates(path)
      // Loaded here, as most commands read no file.
      const { parseRateFile } = await import('../../rates/rate-file.ts')
      const { inputs, lines } = parseRateFile(text)
      await shell.ask(
        (ledger) => ledger.prices.setRates(inputs, { dryRun, lines }),
        (set) => setRatesTable(set, dryRun),
      )
    })
}

/** @throws CreditsError `invalid_rate` for a file that cannot be read, or is too long */
async function readRates(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size <= FILE_MAX_BYTES) return await readFile(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CreditsError(
      'invalid_rate',
      `The file cannot be read: ${reason}.`,
      { file: path },
      { cause: error },
    )
  }
  throw new CreditsError('invalid_rate', `${path} is longer than ${FILE_MAX_BYTES} bytes. Split it.`, {
    file: path,
  })
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Give a whole number from 1.')
}
