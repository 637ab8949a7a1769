import type { MatrixRow, MatrixSdk } from '../row.ts'
import { agents } from './agents.ts'
import { aiSdk } from './ai-sdk.ts'
import { anthropic } from './anthropic.ts'
import { brave } from './brave.ts'
import { deepgram } from './deepgram.ts'
import { exa } from './exa.ts'
import { groq } from './groq.ts'
import { langchain } from './langchain.ts'
import { openai } from './openai.ts'
import { serper } from './serper.ts'
import { tavily } from './tavily.ts'

/** All SDKs of the matrix. */
export const MATRIX: readonly MatrixSdk[] = [
  openai,
  anthropic,
  aiSdk,
  langchain,
  agents,
  groq,
  deepgram,
  tavily,
  exa,
  brave,
  serper,
]

/** The rows of an SDK, with the stand-in that they run against. */
export const rowsOf = ({ name, start, rows }: MatrixSdk): MatrixRow[] =>
  rows.map((row) => ({ sdk: name, start: row.start ?? start, row }))
