import { type Context, Hono } from 'hono'
import type { CreditLedger } from '../../src/credits.ts'
import { pictureInput } from '../charts/picture-input.ts'
import { Pictures, TooManyPictures } from '../charts/pictures.ts'
import type { SignedLinks } from '../links.ts'
import type { Logger } from '../log.ts'
import { PICTURE_BARS_MAX, usageChart } from '../usage/charts.ts'
import {
  CHARGES_PATH,
  CHART_PATH,
  type FileQuestion,
  FILES_PATH,
  readFileQuestion,
} from '../usage/file-links.ts'
import { boundsOf } from '../usage/period.ts'
import { readUsage } from '../usage/report.ts'
import { chargesFileName } from '../views/usage/words.ts'

export interface FileOptions {
  readonly ledger: CreditLedger
  readonly links: SignedLinks
  readonly logger: Logger
  /** Default: its own. */
  readonly pictures?: Pictures
}

const BUSY_FOR_SECONDS = '5'

/**
 * What signed links open, to be mounted at `/files`: a chart for Slack to show, and lists of charges. Whoever has a
 * link may open it, so none is kept by who passes it on, nor told to where a reader goes next.
 */
export function filePages({ ledger, links, logger, pictures = new Pictures() }: FileOptions): Hono {
  const app = new Hono()
  app.use(async (c, next) => {
    await next()
    c.header('cache-control', 'no-store')
    c.header('referrer-policy', 'no-referrer')
    c.header('x-content-type-options', 'nosniff')
    c.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  })

  app.get(within(CHART_PATH), (c) =>
    open(c, CHART_PATH, async ({ account, period }) => {
      const chart = usageChart(await readUsage(ledger, account, period), PICTURE_BARS_MAX)
      try {
        const png = await pictures.draw(pictureInput(chart))
        return c.body(new Uint8Array(png), 200, { 'content-type': 'image/png' })
      } catch (error) {
        if (!(error instanceof TooManyPictures)) throw error
        logger.warn('Too many charts are asked for at once')
        return c.text('Too many charts are being drawn.\n', 503, { 'retry-after': BUSY_FOR_SECONDS })
      }
    }),
  )

  app.get(within(CHARGES_PATH), (c) =>
    open(c, CHARGES_PATH, async ({ account, period }) => {
      const list = ledger.chargesCsv(account, boundsOf(period))
      return c.body(await streamText(list, logger), 200, {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="${chargesFileName(period)}"`,
      })
    }),
  )
  return app

  async function open(
    c: Context,
    path: string,
    answer: (question: FileQuestion) => Promise<Response>,
  ): Promise<Response> {
    const link = links.open(path, new URL(c.req.url).search.slice(1))
    if (link.state === 'expired') return c.text('This link has expired. Ask for a new one in Slack.\n', 410)
    const question = link.state === 'valid' ? readFileQuestion(link.parameters) : undefined
    if (question !== undefined) return answer(question)
    logger.warn({ path }, 'Refused a link that we did not sign')
    return c.text('This link is not valid.\n', 403)
  }
}

const within = (path: string): string => path.slice(FILES_PATH.length)

/**
 * As it is read, no faster than it is taken. What fails before the first line fails the request; what fails later
 * breaks it off, so that nobody takes a part for the whole.
 */
async function streamText(text: AsyncIterable<string>, logger: Logger): Promise<ReadableStream<Uint8Array>> {
  const parts = text[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  let next = await parts.next()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        if (next.done === true) return controller.close()
        controller.enqueue(encoder.encode(next.value))
        next = await parts.next()
      } catch (error) {
        logger.error({ err: error }, 'A list of charges broke off')
        controller.error(error)
      }
    },
    async cancel() {
      await parts.return?.()
    },
  })
}
