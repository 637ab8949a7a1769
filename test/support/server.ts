import postgres from 'postgres'

/** The same server, another database. */
export function atDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

/** Runs one action on a connection of its own to the maintenance database. */
export async function withMaintenance<T>(
  serverUrl: string,
  action: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => {} })
  try {
    return await action(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
