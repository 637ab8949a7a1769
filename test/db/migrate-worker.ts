/** Opens the database, says `ready`, migrates it at the word `go`, and says `migrated` or the error's code. */
import { once } from 'node:events'
import { connectDatabase } from '../../db/connect.ts'
import { migrateDatabase } from '../../db/migrate.ts'
import { codeOf } from '../../db/unreachable.ts'

const [url = ''] = process.argv.slice(2)
const database = await connectDatabase({ url, connections: 1 })
console.log('ready')
await once(process.stdin, 'data')
await migrateDatabase(database).then(
  () => console.log('migrated'),
  (error: unknown) => console.log(`failed ${codeOf(error)}: ${String(error)}`),
)
await database.close()
process.stdin.destroy()
