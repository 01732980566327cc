/** The console's page where something comes at another time than it mostly does: a link at once, an answer late, or only half of one. */
import t from 'tap'
import { browserFor, chromiumMissing, pageIn } from './browser.ts'
import { served } from './served.ts'

t.setTimeout(300_000)

t.test('in a browser', { skip: chromiumMissing, timeout: 300_000 }, async t => {
  const browser = await browserFor(t)

  t.test('a link that is followed as soon as it is drawn is not lost', { timeout: 120_000 }, async t => {
    const { broker } = await served(t)
    const { page, failures } = await pageIn(browser, t)
    await page.addInitScript(`
      const drawn = new MutationObserver(() => {
        const link = document.querySelector('nav a[href^="#/groups"]')
        if (link === null) return
        drawn.disconnect()
        link.click()
      })
      drawn.observe(document, { childList: true, subtree: true })
    `)
    await page.goto(`http://${broker.http}/`)
    await page.getByRole('heading', { name: 'Groups' }).waitFor()
    t.same(failures, [])
  })

  t.test(
    'an answer that takes longer than the page waits before it asks again is shown',
    { timeout: 120_000 },
    async t => {
      const { broker } = await served(t)
      const { page, failures } = await pageIn(browser, t)
      await page.clock.install()
      let asked = 0
      const held: (() => Promise<void>)[] = []
      await page.route('**/api/transactions?*', route => {
        asked++
        held.push(() => route.continue())
      })
      await page.goto(`http://${broker.http}/#/transactions`)
      await page.getByText('Loading …').waitFor()
      await page.clock.runFor(30_000)
      t.equal(asked, 1, 'it is asked for once')
      await held[0]!()
      await page.getByText('Nobody has used').waitFor()
      const again = page.waitForRequest(/api\/transactions/)
      await page.clock.runFor(6_000)
      await again
      t.same(failures, [])
    },
  )

  t.test('half an answer is told of as none', { timeout: 120_000 }, async t => {
    const { broker } = await served(t)
    const { page, failures } = await pageIn(browser, t)
    await page.route('**/api/groups?*', route =>
      route.fulfill({ contentType: 'application/json', body: '{"total": 1,' }),
    )
    await page.goto(`http://${broker.http}/#/groups`)
    await page.getByText('The broker does not answer').waitFor()
    t.same(failures, [])
  })
})
