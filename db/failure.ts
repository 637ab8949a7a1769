import { codeOf } from './unreachable.ts'

/**
 * What a failed statement says about trying again.
 * - `conflict`: others were in the way (deadlock, serialization, lock not granted, key just written): soon again
 * - `connection`: the database cannot be reached, or the connection died: the outcome may be unknown
 * - `final`: the statement itself cannot be carried out
 */
export type DatabaseFailure = 'conflict' | 'connection' | 'final'

const CONFLICTS = new Set([
  '23505', // unique_violation: the same key by another process
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
  '25P02', // in_failed_sql_transaction: what failed before it says more
  '25P03', // idle_in_transaction_session_timeout: this process stood still
])

const CONNECTIONS = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT', // a unix socket, gone with its server
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  '53300', // too_many_connections
  '25006', // read_only_sql_transaction: a standby, until it is promoted
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '25P04', // transaction_timeout
  '57P05', // idle_session_timeout
])

export function failureOf(error: unknown): DatabaseFailure {
  const code = codeOf(error) ?? ''
  if (CONFLICTS.has(code)) return 'conflict'
  // Class 08: connection exceptions. Class 58 and 53: the server's disk, memory or system.
  if (CONNECTIONS.has(code) || /^(08|53|58)/.test(code)) return 'connection'
  return 'final'
}

/** SQLSTATE 55P03: an account is locked by somebody for longer than one waits. */
export const isLockTimeout = (error: unknown): boolean => codeOf(error) === '55P03'

/** SQLSTATE 22003: a sum no longer fits its column. */
export const isOverflow = (error: unknown): boolean => codeOf(error) === '22003'
