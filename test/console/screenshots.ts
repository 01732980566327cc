/**
 * Takes the pictures of docs/console.md: `node --import tsx test/console/screenshots.ts`. A broker in memory with a shop's topics, a group that
 * reads them, and real Chromium.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { Broker } from '../../lib/broker.ts'
import { Consumer } from '../../lib/client/consumer.ts'
import { root } from '../sources.ts'
import { chromiumPath } from './browser.ts'
import { adminOf } from './served.ts'

const states = ['created', 'paid', 'shipped', 'delivered']

function* shop() {
  for (let n = 0; n < 1_200; n++) {
    const id = 9_007_199_254_740_993n + BigInt(n)
    const total = (19.9 + (n % 50)).toFixed(2)
    const note = n % 5 === 0 ? '"<b>gift</b>"' : 'null'
    const value = `{"id":${id},"state":"${states[n % 4]}","total":${total},"lines":[{"sku":"A-${n % 13}","count":${1 + (n % 3)}}],"note":${note}}`
    const headers = { 'trace-id': `4bf92f3577b34da6a3ce929d0e0e47${String(n).padStart(4, '0')}`, source: 'shop' }
    yield { topic: 'orders', key: `customer-${1_000 + ((n * 7) % 97)}`, value, headers }
  }
  for (let n = 0; n < 300; n++)
    yield { topic: 'payments', key: `${n}`, value: { order: n, method: n % 2 ? 'card' : 'invoice' } }
  for (let n = 0; n < 80; n++)
    yield { topic: 'customers', key: `customer-${1_000 + n}`, value: n % 9 === 3 ? null : { city: 'Praha' } }
}

const broker = await Broker.start({
  ...{ port: 0, ephemeral: true, dev: true, logLevel: 'error', http: { address: '127.0.0.1:0', token: 'shown' } },
  topics: {
    ...{ orders: 6, payments: 3, 'shop.clicks': 12, 'shop.carts': 4, 'audit-log': 1 },
    customers: { partitions: 2, config: { 'cleanup.policy': 'compact' } },
  },
  records: shop(),
})
const members = await Promise.all(
  [0, 1].map(async () => {
    const admin = adminOf(broker.bootstrap)
    const consumer = new Consumer({ routes: admin, reset: 'earliest', group: { groupId: 'billing' } })
    await consumer.subscribe({ topics: ['orders', 'payments'] })
    return { admin, consumer }
  }),
)
while (members.some(({ consumer }) => consumer.assigned.length === 0 || consumer.assigned.length > 6)) {
  for (const { consumer } of members) await consumer.wait(50)
}
for (const { consumer } of members) {
  await consumer.commit(consumer.assigned.map(each => ({ ...each, offset: 40 + 17 * each.partition })))
}

const to = join(root, 'docs', 'console')
mkdirSync(to, { recursive: true })
const browser = await chromium.launch({ executablePath: chromiumPath()!, args: ['--no-sandbox'] })
const shots = [
  { name: 'topics', hash: 'topics', until: '6 topics', height: 420, opens: false },
  { name: 'records', hash: 'topics/orders/records', until: '50 records', height: 720, opens: true },
  { name: 'group', hash: 'groups/billing', until: 'new generation', height: 900, opens: false },
] as const
for (const colorScheme of ['light', 'dark'] as const) {
  for (const { name, hash, until, height, opens } of shots) {
    if (colorScheme === 'dark' && name !== 'records') continue
    const page = await browser.newPage({ viewport: { width: 1_200, height }, colorScheme })
    await page.goto(broker.httpLink!)
    await page.goto(`http://${broker.http}/#/${hash}`)
    await page.getByText(until).first().waitFor()
    if (opens) {
      await page
        .getByRole('button', { name: /^Record/ })
        .nth(2)
        .click()
      await page.locator('section.panel').getByRole('heading', { name: 'Headers' }).waitFor()
    }
    await page.mouse.move(0, 0)
    await page.getByText('Loading …').first().waitFor({ state: 'detached' })
    await page.evaluate('document.fonts.ready.then(() => null)')
    const path = join(to, `${name}${colorScheme === 'dark' ? '-dark' : ''}.png`)
    await page.screenshot({ path, animations: 'disabled' })
    await page.close()
  }
}
await browser.close()
for (const { consumer, admin } of members) {
  await consumer.close()
  await admin.close()
}
await broker.stop()
