import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { connectDatabase } from '../../db/connect.ts'
import { attachEmbedded, type EmbeddedServer } from '../../db/embedded.ts'
import { migrateDatabase } from '../../db/migrate.ts'
import { codeOf } from '../../db/unreachable.ts'
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
  await sweepUp()
  const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
  // For root: the server's unprivileged user must get in.
  await chmod(directory, 0o711)
  const server = await attachEmbedded(directory)
  return { url: server.url, stop: () => stopAndRemove(server, directory) }
}

const PREFIX = 'agent-credits-test-'

/** Stops the servers of runs that were killed. */
async function sweepUp(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid] = new RegExp(`^${PREFIX}(\\d+)-`).exec(name) ?? []
    if (pid === undefined || isAlive(Number(pid))) continue
    const directory = join(tmpdir(), name)
    // Another run may sweep, too, or the folder be another user's: what cannot be swept stays.
    await attachEmbedded(directory).then(
      (server) => stopAndRemove(server, directory),
      () => undefined,
    )
  }
}

async function stopAndRemove(server: EmbeddedServer, directory: string): Promise<void> {
  await server.release()
  await rm(directory, { recursive: true, force: true })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
