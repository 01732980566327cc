/** UpdateFeatures: the level of transaction.version is chosen, told, kept, and obeyed by what is recorded of transactions. */
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Broker } from '../../lib/broker.ts'
import { updateFeatures } from '../../lib/handlers/update-features.ts'
import { codes } from '../../protocol/errors.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { UpdateFeatures, type UpdateFeaturesRequest } from '../../protocol/messages/update-features.ts'
import { batches, readRecords } from '../../protocol/records/batch.ts'
import { RunningBroker } from '../transactions/running-broker.ts'
import { connect } from '../turned-broker.ts'
import { clusterContext } from './cluster-context.ts'

const feature = 'transaction.version'
const [upgrade, downgrade] = [1, 2]

function requestOf(maxVersionLevel: number, upgradeType: number, validateOnly = false): UpdateFeaturesRequest {
  const featureUpdates = [{ feature, maxVersionLevel, upgradeType, allowDowngrade: false }]
  return { timeoutMs: 1_000, featureUpdates, validateOnly }
}

t.test('a level goes up by an upgrade and down by a downgrade, within what is supported', async t => {
  const { at } = await clusterContext(t)
  const context = at(1)
  const update = (level: number, type: number, validateOnly = false) =>
    updateFeatures(requestOf(level, type, validateOnly), context)
  const level = () => context.broker.cluster.image.featureLevels.get(feature)
  await update(0, downgrade, true)
  t.equal(level(), undefined, 'it was only asked')
  const { results } = await update(0, downgrade)
  t.match(results, [{ feature, errorCode: codes.NONE }])
  t.equal(level(), 0)
  await update(1, upgrade)
  t.equal(level(), 1)
  for (const [to, type] of [
    [0, upgrade],
    [2, downgrade],
    [3, upgrade],
    [-1, downgrade],
  ] as const)
    await t.rejects(update(to, type), { code: codes.INVALID_UPDATE_VERSION }, `to ${to}`)
  t.equal(level(), 1)
  t.same((await updateFeatures(requestOf(2, upgrade), at(2))).results, [], 'version 2 names none')
  await updateFeatures(requestOf(1, downgrade), at(0)).then(
    () => t.fail('version 0 cannot ask for a downgrade'),
    error => t.equal(error.code, codes.INVALID_UPDATE_VERSION),
  )
})

/** Versions of the values in `__transaction_state`. */
async function recordedVersions(broker: RunningBroker): Promise<number[]> {
  const { responses } = await broker.ask(Fetch, 11, {
    topics: [
      { topic: '__transaction_state', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }] },
    ],
  })
  const records = Buffer.from(responses[0]!.partitions[0]!.records as Buffer)
  return [...batches(records)].flatMap(at => readRecords(records, at).map(({ value }) => value!.readInt16BE(0)))
}

async function start(t: Test, data: string): Promise<{ broker: RunningBroker; stop: () => Promise<void> }> {
  const running = await Broker.start({
    ...{ port: 0, data, dev: true },
    properties: { 'transaction.state.log.num.partitions': '1' },
  })
  t.teardown(() => running.stop())
  const client = await connect(running.bootstrap)
  const broker = await RunningBroker.of(client)
  return { broker, stop: () => client.close().then(() => running.stop()) }
}

const directory = t.testdir()

t.test('a chosen level outlives the broker, and records at 0 are those that older brokers read', async t => {
  const data = join(directory, 'data')
  const first = await start(t, data)
  await first.broker.producer('t')
  t.same(await recordedVersions(first.broker), [1])
  const request = { timeoutMs: 1_000, featureUpdates: [{ feature, maxVersionLevel: 0, upgradeType: 3 }] }
  t.equal((await first.broker.ask(UpdateFeatures, 2, request)).errorCode, 0)
  await first.stop()
  const second = await start(t, data)
  const { finalizedFeatures } = await second.broker.ask(ApiVersions, 4, {
    ...{ clientSoftwareName: 'test', clientSoftwareVersion: '1' },
  })
  t.notOk(finalizedFeatures!.some(({ name }) => name === feature))
  const producer = await second.broker.producer('t')
  await second.broker.add(producer)
  t.equal(await second.broker.send(producer, 'x', { version: 11 }), 0)
  t.equal(await second.broker.end(producer, true, 4), 0)
  await second.broker.completed('t')
  t.same((await recordedVersions(second.broker)).slice(1), [0, 0, 0, 0])
  await second.stop()
  const third = await start(t, data)
  t.equal(await third.broker.state('t'), 'CompleteCommit', 'they are read')
})
