import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import { html, raw } from 'hono/html'

const STYLE = `
:root { color-scheme: light dark; }
body { max-width: 40rem; margin: 12vh auto; padding: 0 1.5rem; font: 1.0625rem/1.6 system-ui, sans-serif; }
h1 { font-size: 2rem; line-height: 1.2; margin-bottom: 0.5rem; }
code { font-size: 0.95em; }
a { color: LinkText; }
.button { display: inline-block; margin: 1rem 0; padding: 0.75rem 1.25rem; border-radius: 0.5rem;
  border: 1px solid #a874a9; background: #4a154b; color: #fff; font-weight: 600; text-decoration: none; }
.button:hover { background: #611f69; }
.button:focus-visible, a:focus-visible { outline: 3px solid Highlight; outline-offset: 3px; }
footer { margin-top: 3rem; font-size: 0.9375rem; }
`

/** Nothing but the page's own style may load or run. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** `/`: says what this is, to whoever follows a link to the server. */
export const homePage =
  ({ canInstall }: { canInstall: boolean }) =>
  (c: Context): Response | Promise<Response> => {
    c.header('content-security-policy', POLICY)
    c.header('x-content-type-options', 'nosniff')
    c.header('referrer-policy', 'no-referrer')
    return c.html(
      html`<!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <title>agent-credits</title>
            ${raw(`<style>${STYLE}</style>`)}
          </head>
          <body>
            <main>
              <h1>agent-credits</h1>
              <p>
                Prepaid credits for AI agents. In Slack, <code>/credits</code> shows what is available, what
                it was spent on, and when it expires.
              </p>
              ${canInstall ? raw('<p><a class="button" href="/slack/install">Add to Slack</a></p>') : ''}
            </main>
            <footer>
              <nav aria-label="Server status">
                <a href="/healthz">Is it alive?</a> · <a href="/readyz">Is it ready?</a>
              </nav>
            </footer>
          </body>
        </html>`,
    )
  }
