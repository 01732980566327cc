/** Virtual clusters on the ports of their broker: whose clients come by their client ids, or by the name that they ask for in TLS. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory, KafkaConfig } from 'kafkajs'
import t from 'tap'
import type { TestKafka } from '../../lib/testing.ts'
import { encodeRequestFrame } from '../../protocol/frame.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { Bench, send } from './kafkajs.ts'

async function sendAs(bench: Bench, clientId: string, value: string, kafka: Partial<KafkaConfig> = {}) {
  await send(await bench.producer({}, { clientId, ...kafka }), 0, value)
}

async function valuesOf(kit: TestKafka) {
  return (await kit.topic('orders').records()).map(({ value }) => value)
}

t.test('what a client calls itself decides which cluster it is in, and the longest name counts', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const seven = await kit.cluster('file-7', { by: 'clientId' })
  const seventyOne = await kit.cluster('file-71', { by: 'clientId' })
  t.equal(seven.bootstrap, kit.bootstrap, 'on the port of the broker')
  t.equal(new Set([kit.clusterId, seven.clusterId, seventyOne.clusterId]).size, 3)
  await sendAs(bench, 'file-7-app', 'of 7')
  await sendAs(bench, 'file-71', 'of 71')
  await sendAs(bench, 'somebody', 'of none')
  t.same(await valuesOf(seven), ['of 7'])
  t.same(await valuesOf(seventyOne), ['of 71'])
  t.same(await valuesOf(kit), ['of none'])
})

t.test('each has a clock and faults of its own, and what is done to one leaves the others alone', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  const cluster = await kit.cluster('app', { by: 'clientId' })
  const before = kit.clock.state.now
  await cluster.clock.advance('7d')
  t.ok(kit.clock.state.now - before < 86_400_000)
  const fault = cluster.fault({ api: 'Produce', times: 1 }, { error: 'NOT_LEADER_OR_FOLLOWER' })
  const others = await bench.producer({}, { clientId: 'others' })
  await send(others, 0, 'other')
  t.equal(fault.hits, 0)
  const producer = await bench.producer({}, { clientId: 'app' })
  await send(producer, 0, 'own')
  t.equal(fault.hits, 1)
  const { leftovers } = await cluster.reset()
  t.ok(leftovers.length > 0 && leftovers.every(({ clientId }) => clientId === 'app'), 'it knows its own clients alone')
  await send(producer, 0, 'after')
  await kit.reset()
  await send(producer, 0, 'later')
  t.same(await valuesOf(cluster), ['after', 'later'], 'its clients go on')
  await cluster.stop()
  await sendAs(bench, 'app', 'back')
  t.same(await valuesOf(kit), ['back'], 'where it is gone, its clients are the broker’s')
})

t.test('with strict, who is for no cluster is turned away', async t => {
  const bench = await Bench.start(t, { logLevel: 'silent' })
  await bench.kit.cluster('file-7', { by: 'clientId', strict: true })
  await sendAs(bench, 'file-7', 'in')
  const stranger = bench.kafka({ clientId: 'file-8', retry: { retries: 0 } }).admin()
  await t.rejects(stranger.connect())
  await stranger.disconnect()
  t.same(await valuesOf(bench.kit), [])
})

t.test('a first request that comes byte by byte decides, too, and who says nothing holds up no end', async t => {
  const { kit } = await Bench.start(t)
  const cluster = await kit.cluster('slow', { by: 'clientId' })
  const [host, port] = kit.bootstrap.split(':') as [string, string]
  const silent = connect(Number(port), host)
  await once(silent, 'connect')
  const socket = connect(Number(port), host)
  socket.setNoDelay(true)
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  const frame = Buffer.concat(
    encodeRequestFrame(ApiVersions, 3, 7, 'slow-client', { clientSoftwareName: 'test', clientSoftwareVersion: '1' }),
  )
  for (const byte of frame) {
    socket.write(Buffer.of(byte))
    await new Promise(resolve => setImmediate(resolve))
  }
  const [answer] = (await once(socket, 'data')) as [Buffer]
  t.equal(answer.readInt32BE(4), 7, 'the answer to it')
  t.equal(await cluster.request({ clientId: 'slow-client' }), 1)
  const isClosed = once(silent, 'close')
  silent.on('error', () => {})
  await kit.stop()
  await isClosed
})

t.test('the name that a client asks for in TLS decides', async t => {
  const bench = await Bench.start(t, {
    devTls: true,
    logLevel: 'silent',
    properties: { listeners: 'SSL://127.0.0.1:0' },
  })
  const { kit } = bench
  const cluster = await kit.cluster('orders.example', { by: 'serverName' })
  const port = kit.bootstrap.split(':')[1]
  t.equal(cluster.bootstrap, `orders.example:${port}`, 'and is what its clients are told')
  t.same(cluster.devTls?.authority, kit.devTls?.authority, 'with the keys of the broker')
  const ssl = { ca: [kit.devTls!.authority], checkServerIdentity: () => undefined }
  const asked: string[] = []
  const socketFactory: ISocketFactory = ({ host, port, ssl: given, onConnect }) => {
    asked.push(host)
    // No name service knows it.
    return connectTls({ host: '127.0.0.1', port, servername: host, ...(given as object) }, onConnect)
  }
  await sendAs(bench, 'app', 'of the name', { brokers: [cluster.bootstrap], ssl, socketFactory })
  t.ok(asked.every(host => host === 'orders.example'))
  await sendAs(bench, 'app', 'of the broker', { ssl })
  t.same(await valuesOf(cluster), ['of the name'])
  t.same(await valuesOf(kit), ['of the broker'])
  await kit.cluster('other.example', { by: 'serverName', strict: true })
  const stranger = bench.kafka({ ssl, retry: { retries: 0 } }).admin()
  await t.rejects(stranger.connect(), 'a strict one turns away who names no cluster')
  await stranger.disconnect()
})

t.test('what cannot be is refused with a sentence', async t => {
  const { kit } = await Bench.start(t)
  await t.rejects(kit.cluster('a', { by: 'serverName' }), /no listener speaks/)
  await t.rejects(kit.cluster('a', { by: 'name' as never }), /it takes port, serverName, clientId/)
  await t.rejects(kit.cluster('a', { strict: true }), /strict is for/)
  await kit.cluster('a', { by: 'clientId' })
  await kit.cluster('a')
  await t.rejects(kit.cluster('a', { by: 'port' }), /by clientId, not by port/)
})

t.test('they are made and listed over HTTP', async t => {
  const { kit } = await Bench.start(t, { http: 0 })
  const speak = async (method: string, body?: object) => {
    const headers = { 'content-type': 'application/json' }
    const asked = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    const answer = await fetch(`http://${kit.http}/testing/clusters`, asked)
    return { status: answer.status, body: (await answer.json()) as unknown }
  }
  const made = { status: 200, body: { name: 'file-7', by: 'clientId', bootstrap: kit.bootstrap } }
  t.match(await speak('POST', { name: 'file-7', by: 'clientId', strict: false }), made)
  t.match(await speak('POST', { name: 'file-8' }), { status: 200, body: { by: 'port' } })
  t.match(await speak('GET'), { body: { clusters: [made.body, { name: 'file-8' }] } })
  for (const wrong of [{ by: 'name' }, { by: 5 }, { strict: 'yes' }, { by: 'serverName' }])
    t.match(await speak('POST', { name: 'b', ...wrong }), { status: 400, body: { error: String } })
})

t.test('where clients are told to find the broker is not copied', async t => {
  const bench = await Bench.start(t)
  const { kit } = bench
  await kit.advertise('PLAINTEXT://elsewhere.example:9999')
  await kit.baseline()
  await using copy = await kit.fork()
  const toldBy = async (broker: TestKafka) => {
    const [host, port] = broker.bootstrap.split(':') as [string, string]
    // No name service knows what it is told.
    const socketFactory: ISocketFactory = ({ onConnect }) => connect({ host, port: Number(port) }, onConnect)
    const admin = bench.kafka({ brokers: [broker.bootstrap], socketFactory }).admin()
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    await admin.disconnect()
    return brokers.map(({ host, port }) => `${host}:${port}`)
  }
  t.same(await toldBy(copy), [copy.bootstrap])
  t.same(await toldBy(kit), ['elsewhere.example:9999'])
  await kit.advertise('PLAINTEXT://there.example:9998')
  await kit.reset()
  t.same(await toldBy(kit), ['there.example:9998'], 'after a reset the last counts')
})
