import {
  destination,
  type DestinationStream,
  type Logger,
  type LoggerOptions,
  pino,
  stdTimeFunctions,
} from 'pino'
import type { Logger as BoltLogger, LogLevel as BoltLogLevel } from '@slack/bolt'

export type { Logger }

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Errors caused by errors: deeper ones add nothing, and a cycle must end. */
const DEEPEST_CAUSE = 4

/**
 * A logger that writes JSON lines, to standard error unless told otherwise: standard output is for answers. Of an
 * error it writes type, code, message and stack only: the errors of HTTP clients carry headers and bodies, and
 * with them tokens and what people wrote.
 */
export function createLogger(level: LogLevel = 'info', output: DestinationStream = destination(2)): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    serializers: { err: (error: unknown) => describeError(error) },
    formatters: { level: (label) => ({ level: label }) },
  }
  return pino(options, output)
}

/** Blanks Slack tokens, and passwords in connection strings. */
export function maskSecrets(text: string): string {
  return text
    .replaceAll(/\b(?:xox[a-z]|xapp)[-.][\w.-]+/g, '[token]')
    .replaceAll(/(\b[a-z+]+:\/\/[^\s:/@]*:)[^\s/]+@/gi, '$1[password]@')
}

/** Hands Bolt's lines to our logger, but its debug lines: they hold payloads, and so what people wrote. */
export function boltLogger(logger: Logger): BoltLogger {
  const line = (parts: unknown[]) => maskSecrets(parts.map(describePart).join(' '))
  return {
    debug: () => {},
    info: (...parts: unknown[]) => logger.info(line(parts)),
    warn: (...parts: unknown[]) => logger.warn(line(parts)),
    error: (...parts: unknown[]) => logger.error(line(parts)),
    setLevel: () => {},
    getLevel: () => 'info' as BoltLogLevel,
    setName: () => {},
  }
}

const describePart = (part: unknown): string =>
  part instanceof Error ? `${part.name}: ${part.message}` : typeof part === 'string' ? part : typeof part

function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return maskSecrets(String(error))
  const code = 'code' in error ? { code: String(error.code) } : {}
  const cause =
    error.cause === undefined || depth >= DEEPEST_CAUSE
      ? {}
      : { cause: describeError(error.cause, depth + 1) }
  return {
    type: error.name,
    ...code,
    message: maskSecrets(error.message),
    stack: maskSecrets(error.stack ?? ''),
    ...cause,
  }
}
