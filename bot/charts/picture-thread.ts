/** A thread of its own: loading Vega takes a good part of a second, and each picture some 70 ms that calls would wait. */
import { createRequire } from 'node:module'
import { parentPort } from 'node:worker_threads'
import { renderAsync } from '@resvg/resvg-js'
import { parse, View } from 'vega'
import { compile } from 'vega-lite'
import type { PictureInput } from './picture-input.ts'
import { pictureSpec } from './picture-spec.ts'

/** What the thread is asked, and what it answers. */
export interface PictureRequest {
  readonly id: number
  readonly input: PictureInput
}

export type PictureAnswer =
  | { readonly id: number; readonly png: Uint8Array }
  | { readonly id: number; readonly failure: string }

/** For screens of double density. */
const ZOOM = 2

/** Without a font resvg leaves all text out, and says nothing; with the machine's own, each machine draws another. */
const FONT_FILE = createRequire(import.meta.url).resolve(
  '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
)

parentPort?.on('message', ({ id, input }: PictureRequest) => {
  const answer = (given: PictureAnswer) => parentPort?.postMessage(given, [])
  draw(input).then(
    (png) => answer({ id, png }),
    (error: unknown) => {
      answer({ id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    },
  )
})

async function draw(input: PictureInput): Promise<Uint8Array> {
  const view = new View(parse(compile(pictureSpec(input)).spec), { renderer: 'none' })
  const svg = await view.toSVG().finally(() => view.finalize())
  const image = await renderAsync(svg, {
    font: { loadSystemFonts: false, fontFiles: [FONT_FILE], defaultFontFamily: 'Inter' },
    fitTo: { mode: 'zoom', value: ZOOM },
  })
  return image.asPng()
}
