/** The broker as a program uses it. */
import t from 'tap'
import { Broker } from '../lib/broker.ts'
import { Client } from '../lib/client/client.ts'
import { Metadata } from '../protocol/messages/metadata.ts'

t.test('a broker that was stopped leaves nothing behind in the process', async t => {
  const open = () => process.getActiveResourcesInfo().filter(name => name.startsWith('TCP'))
  const before = open()
  const broker = await Broker.start({ port: 0, ephemeral: true })
  const [host, port] = broker.bootstrap.split(':') as [string, string]
  const client = await Client.connect({ host, port: Number(port) })
  t.ok(open().includes('TCPServerWrap'))
  await broker.stop()
  await client.closed
  t.notOk(open().includes('TCPServerWrap'))
  await client.close()
  t.same(open(), before)
})

t.test('a start that is called off rejects with the reason, and can be tried again', async t => {
  const data = t.testdir()
  const reason = new Error('not now')
  const options = { port: 0, data, logLevel: 'silent' } as const
  await t.rejects(Broker.start({ ...options, signal: AbortSignal.abort(reason) }), reason)
  const broker = await Broker.start(options)
  await broker.stop()
})

t.test('figures are there for whoever asks', async t => {
  const broker = await Broker.start({ port: 0, ephemeral: true })
  t.teardown(() => broker.stop())
  const figures = broker.metrics()
  const value = (name: string) => figures.find(figure => figure.name === name)?.value
  t.equal(value('PartitionCount'), 0)
  t.equal(value('OfflineLogDirectoryCount'), 0)
  t.equal(value('max-dirty-percent'), 0)
  t.ok(figures.every(figure => Number.isFinite(figure.value)))
})

t.test('with a published address, a client of the same machine is told the address that it reached', async t => {
  const broker = await Broker.start({ port: 0, ephemeral: true, published: 'published.test:19092' })
  t.teardown(() => broker.stop())
  const [host, port] = broker.bootstrap.split(':') as [string, string]
  const client = await Client.connect({ host, port: Number(port) })
  t.teardown(() => client.close())
  const { brokers } = await client.send(Metadata, 1, { topics: [] } as never)
  t.match(brokers, [{ host: '127.0.0.1', port: Number(port) }])
  await t.rejects(Broker.start({ port: 0, ephemeral: true, published: 'http://x' }), { name: 'ConfigError' })
})
