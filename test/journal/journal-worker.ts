/**
 * A process with one call in its journal, which it says when it is written: `written PATH`.
 *
 * node journal-worker.ts FOLDER ACCOUNT HOLD
 */
import { Journal } from '../../src/journal/journal.ts'
import { paid } from './support.ts'

const [folder = '', account = '', hold = ''] = process.argv.slice(2)
const journal = new Journal({ folder, maxBytes: 1_000_000, warn: (message) => console.error(message) })
journal.ended(paid(hold, '0.75', account))
process.stdout.write(`written ${journal.path}\n`)
process.stdin.resume()
