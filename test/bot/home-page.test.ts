import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { homePage } from '../../bot/pages/home-page.ts'

const get = async (canInstall: boolean) => {
  const response = await new Hono().get('/', homePage({ canInstall })).request('/')
  return { response, page: await response.text() }
}

describe('the home page', () => {
  it('says what this is, in a page that can be read without seeing it', async () => {
    const { response, page } = await get(false)
    expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8')
    expect(page).toMatch(/^<!doctype html>\s*<html lang="en">/)
    expect(page).toContain('<title>agent-credits</title>')
    expect(page.match(/<h1>/g)).toHaveLength(1)
    expect(page).toContain('name="viewport"')
    expect(page).toContain('<main>')
    expect(page).toContain('<nav aria-label="Server status">')
    for (const path of ['/healthz', '/readyz']) expect(page).toContain(`href="${path}"`)
  })

  it('offers to install where many workspaces may', async () => {
    expect((await get(true)).page).toContain('<a class="button" href="/slack/install">Add to Slack</a>')
    expect((await get(false)).page).not.toContain('/slack/install')
  })

  it('lets nothing load or run but its own style', async () => {
    const { response, page } = await get(true)
    const style = /<style>([^]*)<\/style>/.exec(page)?.[1] ?? ''
    const digest = createHash('sha256').update(style).digest('base64')
    const policy = response.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain(`style-src 'sha256-${digest}'`)
    expect(page).not.toContain('<script')
  })
})
