/** The console's page in real Chromium: what people do in it, with the contents and sizes that pages break by. */
import t from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { Consumer } from '../../lib/client/consumer.ts'
import { Producer } from '../../lib/client/producer.ts'
import { TestKafka } from '../../lib/testing/test-kafka.ts'
import { codes } from '../../protocol/errors.ts'
import { turnOfTheLoop } from '../turn-of-the-loop.ts'
import { browserFor, chromiumMissing, pageIn, seriousIn } from './browser.ts'
import { adminOf, served, token } from './served.ts'

const hostile = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'

t.setTimeout(300_000)

t.test('in a browser', { skip: chromiumMissing, timeout: 300_000 }, async t => {
  const browser = await browserFor(t)

  t.test('topics are made, filled, looked into, emptied and deleted', { timeout: 120_000 }, async t => {
    const { broker, ask } = await served(t)
    const { page, failures } = await pageIn(browser, t)
    const begunMs = systemClock.monotonicMs()
    await page.goto(broker.httpLink!)
    await page.getByText('There are no topics yet.').waitFor()
    t.comment(`first page ${Math.round(systemClock.monotonicMs() - begunMs)} ms, built from sources`)
    t.notMatch(page.url(), token, 'the token does not stay in the address')

    await page.getByRole('button', { name: 'New topic' }).click()
    await page.getByLabel('Name', { exact: true }).fill('orders')
    await page.getByRole('dialog').getByLabel('Partitions').fill('2')
    await page.getByRole('dialog').getByLabel('Settings').fill('retention.ms=3600000')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByText('There are none like that.').waitFor()

    await page.getByRole('link', { name: 'Produce' }).click()
    await page.getByLabel('Form of the key').selectOption('text')
    await page.getByLabel('Key', { exact: true }).fill('customer-1')
    await page.getByLabel('Value', { exact: true }).fill('{"id": 9007199254740993}')
    await page.getByRole('button', { name: 'Add a header' }).click()
    await page.getByLabel('Name of header 1').fill('trace')
    await page.getByLabel('Value of header 1').fill('abc')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText(/Sent to partition \d as offset 0/).waitFor()

    await page.getByRole('link', { name: 'See the records' }).click()
    await page.getByRole('button', { name: 'Record 0 of partition' }).click()
    const panel = page.getByRole('region', { name: /^Record 0 of partition \d$/ })
    await panel.getByText('9007199254740993').waitFor()
    t.match(await panel.innerText(), /trace\s+abc/, 'with its header')
    t.match(
      await panel.getByRole('button', { name: 'Copy for kcat' }).getAttribute('title'),
      /^kcat -C -b 127.+ -o 0 -c 1/,
    )

    await panel.getByRole('link', { name: 'Edit and send again' }).click()
    await page.getByText('A copy of').waitFor()
    t.equal(await page.getByLabel('Value', { exact: true }).inputValue(), '{"id": 9007199254740993}')
    await page.getByLabel('Value', { exact: true }).fill('{"id": 9007199254740994}')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('as offset 1').waitFor()

    await page.getByRole('link', { name: 'Records', exact: true }).click()
    await page.getByRole('button', { name: 'Record 1 of partition' }).waitFor()
    await page.getByLabel('Filter').selectOption('equals')
    await page.getByLabel('What').fill('9007199254740993')
    await page.getByLabel('JSON path').fill('id')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByText('1 record, looked at 2 records').waitFor()
    t.equal(await page.getByRole('button', { name: /^Record \d/ }).count(), 1)

    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('Only those that are set').check()
    await page.getByRole('button', { name: 'Change retention.ms' }).click()
    await page.getByRole('dialog').getByRole('textbox').fill('7200000')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByRole('cell', { name: '7200000' }).waitFor()

    await page.getByRole('button', { name: 'Add partitions' }).click()
    await page.getByLabel('Partitions, in all').fill('3')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByText('3 partitions').waitFor()

    await page.getByRole('button', { name: 'Empty' }).click()
    const goOn = page.getByRole('dialog').getByRole('button', { name: 'Empty' })
    t.ok(await goOn.isDisabled(), 'nothing goes before the name is typed')
    await page.getByLabel('Type orders to go on').fill('orders')
    await goOn.click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    t.match((await ask('topics')).body, { rows: [{ name: 'orders', records: 0, partitions: 3 }] })

    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByLabel('Type orders to go on').fill('orders')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('There are no topics yet.').waitFor()
    t.same(failures, [])
  })

  t.test(
    'contents of records stay contents: scripts, markup, binary, hidden characters, 10 MB',
    { timeout: 120_000 },
    async t => {
      const topics = { odd: { partitions: 1, config: { 'max.message.bytes': '20000000' } } }
      const { broker, send } = await served(t, { topics })
      await send('odd', [
        { key: hostile, value: hostile, headers: [{ key: hostile, value: Buffer.from(hostile) }] },
        { key: Buffer.from([0, 255, 7]), value: Buffer.from([0xde, 0xad, 0, 1]) },
        { key: '', value: 'evil \u202e txt' },
        { key: 'gone', value: null },
        { key: 'large', value: Buffer.alloc(10_000_000, '<b>0123456789') },
        { key: 'json', value: `{"html": "${hostile.replaceAll('"', '\\"')}"}` },
      ])
      const { page, failures } = await pageIn(browser, t)
      await page.goto(`http://${broker.http}/#/topics/odd/records`)
      const open = async (offset: number) => {
        await page.getByRole('button', { name: `Record ${offset} of partition 0` }).click()
        const panel = page.getByRole('region', { name: `Record ${offset} of partition 0` })
        await panel.getByRole('heading', { name: 'Headers' }).waitFor()
        return panel
      }
      await page.getByRole('button', { name: 'Record 5 of partition 0' }).waitFor()
      for (const [offset, shown] of [
        [0, hostile],
        [1, 'de ad 00 01'],
        [2, '\\u202e'],
        [3, 'null'],
        [4, 'The beginning of 10,000,000 bytes'],
        [5, '"html"'],
      ] as const) {
        const panel = await open(offset)
        await panel.getByText(shown).first().waitFor()
      }
      t.equal(await page.locator('main script, main img, main b').count(), 0, 'nothing of it became markup')
      t.equal(await page.evaluate('window.hacked'), undefined, 'and nothing of it ran')
      t.match(await page.getByRole('row', { name: 'Record 3 of' }).innerText(), /null \(tombstone\)/)
      const large = await open(4)
      const saving = page.waitForEvent('download')
      await large.getByRole('link', { name: 'Save' }).last().click()
      const saved = await saving
      t.equal(saved.suggestedFilename(), 'odd-0-4-value.bin')
      t.same(failures, [])
    },
  )

  t.test('records are followed as they come, and found by keys of the keyboard', { timeout: 120_000 }, async t => {
    const { broker, send } = await served(t, { topics: { live: 2 } })
    await send('live', [{ value: 'before' }])
    const { page, failures } = await pageIn(browser, t)
    await page.goto(`http://${broker.http}/#/topics/live/records`)
    await page.getByText('before').waitFor()
    // It looks where the ends are with its first request.
    const begun = page.waitForResponse(response => response.url().includes('start=end'))
    await page.getByRole('button', { name: 'Follow' }).click()
    await page.getByText('Waiting for records').waitFor()
    await begun
    await send('live', [
      { value: 'came one', partition: 0 },
      { value: 'came two', partition: 1 },
    ])
    await page.getByText('came one').waitFor()
    await page.getByText('came two').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    const rows = page.getByRole('button', { name: /^Record \d/ })
    await rows.first().focus()
    await page.keyboard.press('Enter')
    const title = page.locator('section.panel h2')
    const before = await title.innerText()
    await page.keyboard.press('ArrowDown')
    await page.locator('section.panel h2').filter({ hasNotText: before }).waitFor()
    await page.keyboard.press('Tab')
    await page.getByRole('button', { name: 'Close' }).focus()
    await page.keyboard.press('Escape')
    await title.waitFor({ state: 'detached' })
    t.match(await page.evaluate('document.activeElement.className'), /row/, 'back where it was')
    t.same(failures, [])
  })

  t.test(
    'groups, transactions and brokers tell what they are about, and offsets are set',
    { timeout: 120_000 },
    async t => {
      const { broker, send, admin, ask } = await served(t, { topics: { orders: 2 } })
      await send(
        'orders',
        Array.from({ length: 10 }, (_, n) => ({ value: `${n}`, partition: n % 2 })),
      )
      const member = adminOf(broker.bootstrap)
      t.teardown(() => member.close())
      const consumer = new Consumer({ routes: member, group: { groupId: 'billing' } })
      await consumer.subscribe({ topics: ['orders'] })
      while (consumer.assigned.length < 2) await consumer.wait(20)
      await consumer.commit([0, 1].map(partition => ({ topic: 'orders', partition, offset: 2 })))
      const producer = new Producer({ routes: admin, transactionalId: 'writer' })
      await producer.find('orders')
      await producer.begin()
      producer.send('orders', { timestamp: 1, key: null, value: null })
      await producer.flush()

      const { page, failures } = await pageIn(browser, t)
      await page.goto(broker.httpLink!)
      await page.getByRole('link', { name: 'Groups' }).click()
      await page.getByRole('link', { name: 'billing' }).click()
      await page.getByText('orders 0–1').waitFor()
      await page.getByText('Group has a new generation').waitFor()
      await page
        .getByText(/member .* joins/)
        .first()
        .waitFor()
      await consumer.close()
      await page.getByText('Nobody is in it now.').waitFor()
      await page.getByRole('button', { name: 'Set offsets' }).click()
      await page.getByRole('button', { name: 'Show what it would do' }).click()
      await page.getByRole('cell', { name: '−2' }).first().waitFor()
      t.match((await ask('groups/billing')).body, { partitions: { rows: [{ committed: 2 }, { committed: 2 }] } })
      await page.getByRole('button', { name: 'Set them' }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      t.match((await ask('groups/billing')).body, { partitions: { rows: [{ committed: 0 }, { committed: 0 }] } })

      await page.getByRole('link', { name: 'Transactions' }).click()
      await page.getByRole('link', { name: 'writer' }).click()
      await page.getByText('Ongoing').waitFor()
      await page.getByRole('button', { name: 'Shut its producer out' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Shut its producer out' }).click()
      await page.getByText('Empty').waitFor()

      await page.getByRole('link', { name: 'Brokers' }).click()
      await page.getByText('All is well').waitFor()
      await page.getByRole('link', { name: '1', exact: true }).click()
      await page.getByLabel('Filter by name').fill('node.id')
      await page
        .getByRole('button', { name: 'Change node.id' })
        .or(page.getByRole('button', { name: 'About node.id' }))
        .click()
      await page.getByText('It is read when the broker starts.').waitFor()
      t.same(failures, [])
      producer.destroy()
    },
  )

  t.test('a broker for tests shows its clock, its faults and its requests', { timeout: 120_000 }, async t => {
    const kafka = await TestKafka.start({ http: '127.0.0.1:0' })
    t.teardown(() => kafka.stop())
    const { page, failures } = await pageIn(browser, t)
    await page.goto(`http://${kafka.http}/`)
    await page.getByRole('link', { name: 'Testing' }).click()
    await page.getByText('None.').waitFor()
    kafka.fault({ api: 'Fetch', times: 3 }, { error: 'NOT_LEADER_OR_FOLLOWER' })
    await page.getByText('Fetch 3 times').waitFor()
    await kafka.clock.freeze('2031-05-06T07:08:09Z')
    await page.getByText('stands still').waitFor()
    const admin = adminOf(kafka.bootstrap)
    t.teardown(() => admin.close())
    await admin.metadata()
    await page.getByText('ottla-admin').first().waitFor()
    t.equal(await page.getByRole('button', { name: /fault|clock/ }).count(), 0, 'without the token it is shown alone')
    t.same(await seriousIn(page), [])
    t.same(failures, [])
  })

  t.test('who has the token has a broker for tests stop its clock and fail requests', { timeout: 120_000 }, async t => {
    const kafka = await TestKafka.start({ http: { address: '127.0.0.1:0', token } })
    t.teardown(() => kafka.stop())
    const { page, failures } = await pageIn(browser, t)
    await page.goto(`http://${kafka.http}/?token=${token}`)
    await page.getByRole('link', { name: 'Testing' }).click()
    await page.getByRole('button', { name: 'Have the clock stand still' }).click()
    await page.getByText('stands still', { exact: true }).waitFor()
    t.equal(kafka.clock.state.frozen, true)
    const before = kafka.clock.state.now
    await page.getByLabel('Pass a time').fill('1h')
    await page.getByRole('button', { name: 'Pass it' }).click()
    // The time passes bit by bit, so that what is due in it can answer.
    while (kafka.clock.state.now - before < 3_600_000) await turnOfTheLoop()
    await page.getByRole('form', { name: 'A fault' }).getByLabel('A request of API').fill('Metadata')
    await page.getByLabel('Error', { exact: true }).fill('NO_SUCH_ERROR')
    await page.getByRole('button', { name: 'Put it in force' }).click()
    await page.getByRole('alert').filter({ hasText: 'NO_SUCH_ERROR' }).waitFor()
    await page.getByLabel('Error', { exact: true }).fill('INVALID_TOPIC_EXCEPTION')
    await page.getByLabel('About the topic').fill('orders')
    await page.getByRole('button', { name: 'Put it in force' }).click()
    await page.getByRole('button', { name: 'Take out fault' }).waitFor()
    t.equal(kafka.clock.state.now - before, 3_600_000, 'the time has passed')
    const admin = adminOf(kafka.bootstrap)
    t.teardown(() => admin.close())
    const { topics } = await admin.metadata(['orders'])
    t.equal(topics.get('orders')!.errorCode, codes.INVALID_TOPIC_EXCEPTION)
    t.same(await seriousIn(page), [])
    await page.getByRole('button', { name: 'Take out fault' }).click()
    await page.getByText('None.').waitFor()
    await page.getByRole('button', { name: 'Let the clock go on' }).click()
    await page.getByText('goes', { exact: true }).waitFor()
    t.same(failures, [])
  })

  t.test('10,000 topics are leafed through and filtered', { timeout: 120_000 }, async t => {
    const topics = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, n) => [`topic-${String(n).padStart(5, '0')}`, 1]),
    )
    const { broker } = await served(t, { topics })
    const { page, failures } = await pageIn(browser, t)
    await page.goto(`http://${broker.http}/`)
    await page.getByText('1 to 50 of 10,000 topics').waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('topic-00099').waitFor()
    await page.getByLabel('Filter by name').fill('9999')
    await page.getByText('1 topic', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'topic-09999' }).click()
    await page.getByText('There are none like that.').waitFor()
    await page.goBack()
    await page.getByText('1 topic', { exact: true }).waitFor()
    t.same(failures, [])
  })

  t.test(
    'nobody who reads is kept out: axe finds nothing serious, light or dark, and nothing can be changed without the token',
    { timeout: 120_000 },
    async t => {
      const { broker, send } = await served(t, { topics: { orders: 2 } })
      await send('orders', [
        { key: 'k', value: '{"a": [1, "b", null]}', headers: [{ key: 'h', value: null }] },
        { key: 'gone' },
      ])
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page, failures } = await pageIn(browser, t, { colorScheme })
        await page.goto(colorScheme === 'light' ? broker.httpLink! : `http://${broker.http}/`)
        const look = async (hash: string, until: string) => {
          await page.goto(`http://${broker.http}/#/${hash}`)
          await page.getByText(until).first().waitFor()
          t.same(await seriousIn(page), [], `${hash}, ${colorScheme}`)
        }
        await look('topics', '2 topics'.replace('2', '1').replace('topics', 'topic'))
        await look('topics/orders/records', '2 records')
        await page
          .getByRole('button', { name: /^Record/ })
          .last()
          .click()
        await page.locator('section.panel h3').first().waitFor()
        t.same(await seriousIn(page), [], `a record, ${colorScheme}`)
        await look('topics/orders/partitions', '2 partitions')
        await look('topics/orders/groups', 'No group has')
        await look('topics/orders/settings', 'cleanup.policy')
        await look('groups', 'There are no groups')
        await look('groups/none', 'not found')
        await look('transactions', 'Nobody has used')
        await look('brokers', 'All is well')
        const buttons = await page.getByRole('button', { name: 'New topic' }).count()
        if (colorScheme === 'dark') {
          await look('topics/orders/records', '2 records')
          t.equal(
            (await page.getByRole('button', { name: /Delete|Empty|Add partitions/ }).count()) + buttons,
            0,
            'read only',
          )
          t.equal(await page.getByRole('link', { name: 'Produce' }).count(), 0)
        } else {
          await look('topics/orders/produce', 'Send')
          await page.goto(`http://${broker.http}/#/topics`)
          await page.getByRole('button', { name: 'New topic' }).click()
          t.same(await seriousIn(page), [], 'a form')
        }
        t.same(failures, [])
      }
    },
  )
})
