import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import type { TestProject } from 'vitest/node'
import { connectDatabase } from '../../db/connect.ts'
import { attachEmbedded } from '../../db/embedded.ts'
import { migrateDatabase } from '../../db/migrate.ts'
import { makeServerFolder, sweepServerFolders } from './server-folder.ts'
import { atDatabase, withMaintenance } from './server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a maintenance database whose user may create databases. */
    serverUrl: string
    /** The migrated database that each test file's is a copy of. */
    templateDatabase: string
  }
}

/** One PostgreSQL for the run, with a migrated template: an embedded one, or that of TEST_DATABASE_URL. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer(process.env.TEST_DATABASE_URL)
  const template = `credits_template_${randomUUID().slice(0, 8)}`
  await withMaintenance(server.url, (sql) => sql`create database ${sql(template)} template template0`)
  const database = await connectDatabase({ url: atDatabase(server.url, template), connections: 1 })
  await migrateDatabase(database)
  await database.close()
  project.provide('serverUrl', server.url)
  project.provide('templateDatabase', template)

  return async () => {
    await withMaintenance(server.url, (sql) => sql`drop database ${sql(template)} with (force)`)
    await server.stop()
  }
}

async function startServer(given: string | undefined): Promise<{ url: string; stop: () => Promise<void> }> {
  if (given !== undefined && given !== '') return { url: given, stop: async () => {} }
  await sweepServerFolders()
  const folder = await makeServerFolder()
  const server = await attachEmbedded(folder)
  return {
    url: server.url,
    stop: async () => {
      await server.release()
      await rm(folder, { recursive: true })
    },
  }
}
