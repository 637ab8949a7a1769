/**
 * A process that has the embedded PostgreSQL of a directory open.
 *
 * Says `open in N ms at PORT`; then for each line on stdin: `close` closes and says `closed`, anything else is SQL,
 * whose first row it says as JSON, or `failed` with the error.
 */
import { createInterface } from 'node:readline'
import { connectDatabase } from '../../db/connect.ts'
import { codeOf } from '../../db/unreachable.ts'

const [directory = ''] = process.argv.slice(2)
const started = performance.now()
const database = await connectDatabase({ directory })
console.log(`open in ${Math.round(performance.now() - started)} ms at ${new URL(database.url).port}`)

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'close') break
  try {
    const [row] = await database.sql.unsafe(line)
    console.log(JSON.stringify(row))
  } catch (error) {
    console.log(`failed ${codeOf(error)}`)
  }
}
await database.close()
console.log('closed')
process.stdin.destroy()
