/** TLS to try out, and the warning where nobody is asked who they are. */
import t from 'tap'
import { createLogger } from '../../lib/base/logger.ts'
import { Broker } from '../../lib/broker.ts'
import { Client } from '../../lib/client/client.ts'
import { ask, sslProperties, trusting } from './secured-broker.ts'

t.test('a broker with devTls shows a certificate of the authority that it names', async t => {
  const broker = await Broker.start({
    ephemeral: true,
    devTls: true,
    port: 0,
    properties: { 'ssl.client.auth': 'required' },
  })
  t.teardown(() => broker.stop())
  const port = Number(broker.bootstrap.split(':')[1])
  const { authority, client: own } = broker.devTls!
  for (const host of ['localhost', '127.0.0.1']) {
    const client = await Client.connect({ host, port, tls: trusting(own, { authorities: [authority] }) })
    await ask(client)
    await client.close()
  }
  await t.rejects(Client.connect({ host: 'localhost', port, tls: trusting() }), /is not trusted/)
})

t.test('devTls makes no second key, and needs a listener that speaks TLS', async t => {
  const start = (properties: Record<string, string>) => Broker.start({ ephemeral: true, devTls: true, properties })
  await t.rejects(start(sslProperties()), /is set, and devTls \(--dev-tls\) makes keys of its own/)
  await t.rejects(start({ listeners: 'PLAINTEXT://127.0.0.1:0' }), /is for listeners that speak TLS/)
  const plain = await Broker.start({ ephemeral: true, port: 0 })
  t.equal(plain.devTls, null)
  await plain.stop()
})

t.test('one warning names the listeners that let in everybody from beyond this machine', async t => {
  const warnings = async (properties: Record<string, string>) => {
    const lines: string[] = []
    const logger = createLogger('warn', { write: line => lines.push(line) })
    const broker = await Broker.start({ ephemeral: true, logger, properties })
    await broker.stop()
    return lines.filter(line => line.includes('anyone who reaches'))
  }
  const map = 'A:PLAINTEXT,B:PLAINTEXT,C:SSL,D:SSL'
  const lines = await warnings({
    ...sslProperties(),
    listeners: 'A://127.0.0.1:0,B://0.0.0.0:0,C://:0,D://:0',
    'listener.security.protocol.map': map,
    'listener.name.d.ssl.client.auth': 'required',
  })
  t.equal(lines.length, 1)
  t.match(lines[0], /set ssl.client.auth=required or a SASL protocol.* listeners=B,C\n/)
  t.same(
    await warnings({
      listeners: 'PLAINTEXT://127.0.0.1:0,X://[::1]:0,Y://localhost:0',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,X:PLAINTEXT,Y:PLAINTEXT',
    }),
    [],
  )
})
