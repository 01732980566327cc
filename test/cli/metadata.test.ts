/** `ottla metadata` on a data directory, and from there into etcd. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { Broker } from '../../lib/broker.ts'
import { main } from '../../lib/cli/main.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { EtcdCluster, etcdMissing } from '../metadata/etcd-server.ts'
import { connect } from '../turned-broker.ts'

async function ottla(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', '']
  const io = { stdout: { write: (text: string) => (out += text) }, stderr: { write: (text: string) => (err += text) } }
  const code = await main(['metadata', ...words], io as never)
  return { code, out, err }
}

function broker(data: string, properties: Record<string, string> = {}): Promise<Broker> {
  return Broker.start({
    data,
    port: 0,
    logger: silentLogger,
    topics: { orders: 3 },
    properties,
  } as never)
}

/** The leader epoch of the first partition, as clients are told it. */
async function epochOf(running: Broker): Promise<number> {
  const client = await connect(running.bootstrap)
  try {
    const { topics } = await client.send(Metadata, 12, { topics: null } as never)
    return topics.find(({ name }) => name === 'orders')!.partitions[0]!.leaderEpoch
  } finally {
    await client.close()
  }
}

async function produce(running: Broker): Promise<number> {
  const client = await connect(running.bootstrap)
  try {
    const records = buildBatch({ records: [{ timestamp: Date.now(), key: null, value: Buffer.from('x') }] })
    const { responses } = await client.send(Produce, 9, {
      ...{ transactionalId: null, acks: -1, timeoutMs: 5_000 },
      topicData: [{ name: 'orders', topicId: '', partitionData: [{ index: 0, records }] }],
    })
    return responses[0]!.partitionResponses[0]!.errorCode
  } finally {
    await client.close()
  }
}

/** A data directory whose broker has stopped, after so many starts. */
async function stopped(t: Test, starts: number): Promise<{ data: string; epoch: number }> {
  const data = join(t.testdir(), 'data')
  let epoch = 0
  for (let i = 0; i < starts; i++) {
    const running = await broker(data)
    await produce(running)
    epoch = await epochOf(running)
    await running.stop()
  }
  return { data, epoch }
}

t.test('metadata are shown, checked and saved while no broker runs', async t => {
  const { data } = await stopped(t, 1)
  const dumped = await ottla('dump', '--data', data, '--prefix', 'topics/')
  t.equal(dumped.code, 0, dumped.err)
  const [line] = dumped.out
    .trim()
    .split('\n')
    .map(text => JSON.parse(text))
  t.equal(line.key, 'topics/orders')
  t.equal(line.value.replicas.length, 3)
  const checked = await ottla('check', '--data', data)
  t.match(checked, { code: 0, out: /all fit together/ })
  const running = await broker(data)
  t.match(await ottla('dump', '--data', data), { code: 1, err: /in use/ })
  await running.stop()
})

t.test('restored metadata have epochs above those in the logs', async t => {
  const { data } = await stopped(t, 1)
  const file = `${data}.jsonl`
  t.match(await ottla('save', file, '--data', data), { code: 0 })
  const later = await broker(data)
  await produce(later)
  const used = await epochOf(later)
  await later.stop()
  t.match(await ottla('restore', file, '--data', data), { code: 1, err: /--replace/ })
  t.match(await ottla('restore', file, '--data', data, '--replace', '--raise', '1'), { code: 0 })
  const restored = await broker(data)
  t.ok((await epochOf(restored)) > used)
  t.equal(await produce(restored), 0)
  await restored.stop()
})

t.test('a file that is not whole, or none, is refused', async t => {
  const { data } = await stopped(t, 1)
  const file = `${data}.jsonl`
  await ottla('save', file, '--data', data)
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1))
  t.match(await ottla('restore', file, '--data', `${data}-2`), { code: 1, err: /not whole/ })
  writeFileSync(file, '{"a":1}\n')
  t.match(await ottla('restore', file, '--data', `${data}-2`), { code: 1, err: /not what ottla metadata save writes/ })
  t.match(await ottla('restore', `${file}-none`, '--data', `${data}-2`), { code: 1, err: /no file/ })
  t.match(await ottla('dump'), { code: 1, err: /nothing says where/ })
  t.match(await ottla('dump', '--raise', '1', '--data', data), { code: 1, err: /has no --raise/ })
})

t.test('a broker moves into etcd by saving and restoring', { skip: etcdMissing }, async t => {
  const etcd = await EtcdCluster.start(t)
  const { data, epoch } = await stopped(t, 2)
  const file = `${data}.jsonl`
  t.match(await ottla('save', file, '--data', data), { code: 0 })
  const store = etcd.address('moved')
  t.match(await ottla('restore', file, '--store', store), { code: 0 })
  t.match(await ottla('check', '--store', store), { code: 0 })
  const running = await broker(data, { 'metadata.store': store })
  t.ok((await epochOf(running)) > epoch)
  t.match(await ottla('dump', '--store', store, '--prefix', 'brokers/'), { code: 0, out: /"brokers\/1"/ })
  t.match(await ottla('restore', file, '--store', store, '--replace'), { code: 1, err: /running/ })
  await running.stop()
})
