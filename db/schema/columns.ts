import { bigint, customType, timestamp } from 'drizzle-orm/pg-core'

/** Text compared byte by byte: keys need equality and a stable order, and a language's rules cost time. */
export const key = customType<{ data: string; driverData: string }>({ dataType: () => 'text collate "C"' })

/** Micro-credits. */
export const micro = (name: string) => bigint(name, { mode: 'bigint' })

/** Millisecond precision, so that what JavaScript reads is what PostgreSQL compares. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })
