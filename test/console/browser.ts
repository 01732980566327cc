/** Real Chromium for tests of the console: pages in it, and what axe says of them. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { Test } from 'tap'

const names = ['chromium-headless-shell', 'chromium', 'google-chrome']
const found = names.find(name => spawnSync(name, ['--version']).status === 0)

/** Why tests in a browser are skipped; false where there is one. */
export const chromiumMissing: string | false =
  found === undefined ? 'there is no Chromium here: apt-get install chromium-headless-shell' : false

/** Where the browser is; null where there is none. */
export function chromiumPath(): string | null {
  return found === undefined ? null : spawnSync('sh', ['-c', `command -v ${found}`], { encoding: 'utf8' }).stdout.trim()
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** A browser for the tests of one file. */
export async function browserFor(t: Test): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: chromiumPath()!, args: ['--no-sandbox'] })
  t.teardown(() => browser.close())
  return browser
}

/** A page of its own, in which nothing may fail that is not looked at; `failures` collects what the page says of itself. */
export async function pageIn(browser: Browser, t: Test, options: Parameters<Browser['newPage']>[0] = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 760 }, ...options })
  t.teardown(() => page.close())
  page.setDefaultTimeout(60_000)
  const failures: string[] = []
  page.on('pageerror', error => failures.push(error.message))
  page.on('console', message => {
    // A refusal of the interface is told as one by the browser, too.
    if (message.type() === 'error' && !message.text().includes('status of')) failures.push(message.text())
  })
  return { page, failures }
}

/** What axe finds serious or critical in a page as it stands, once no colour is on its way to another. */
export async function seriousIn(page: Page): Promise<string[]> {
  await page.evaluate('Promise.allSettled(document.getAnimations().map(({ finished }) => finished)).then(() => 0)')
  await page.evaluate(axe)
  return page.evaluate(async () => {
    // biome-ignore format: it is a string of what runs in the page
    const { violations } = await (globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }).axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html.slice(0, 200)).join(' | ')}`)
  })
}

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}
