/** The levels of transaction.version: how they are chosen, and what is answered at each. */
import { ApiVersions } from '../../../protocol/messages/api-versions.ts'
import { EndTxn } from '../../../protocol/messages/end-txn.ts'
import { InitProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { UpdateFeatures } from '../../../protocol/messages/update-features.ts'
import { until } from '../../scenario.ts'
import type { Session } from '../../session.ts'
import type { Case, Difference } from '../case.ts'
import { Producer, producing, topicOf } from './producer.ts'

const feature = 'transaction.version'
const newest = 2
const [upgrade, safeDowngrade, unsafeDowngrade] = [1, 2, 3]

async function level(session: Session): Promise<number> {
  const { finalizedFeatures = [] } = await session.prepare(ApiVersions, 4, {
    ...{ clientSoftwareName: 'conformance', clientSoftwareVersion: '1' },
  })
  return finalizedFeatures.find(({ name }) => name === feature)?.maxVersionLevel ?? 0
}

async function choose(session: Session, maxVersionLevel: number): Promise<void> {
  const upgradeType = maxVersionLevel < newest ? unsafeDowngrade : upgrade
  await until(`level ${maxVersionLevel}`, async () => {
    if ((await level(session)) === maxVersionLevel) return true
    await session.prepare(UpdateFeatures, 1, {
      timeoutMs: 10_000,
      featureUpdates: [{ feature, maxVersionLevel, upgradeType }],
    })
    return undefined
  })
}

/** Does something at a level, and goes back to the newest. */
async function at(session: Session, chosen: number, run: () => Promise<void>): Promise<void> {
  try {
    await choose(session, chosen)
    await run()
  } finally {
    await choose(session, newest)
  }
}

async function chosen(session: Session): Promise<void> {
  for (const version of session.versions(UpdateFeatures)) {
    for (const from of [2, 1, 0]) {
      for (const to of [-1, 0, 1, 2, 3]) {
        for (const upgradeType of version === 0 ? [upgrade] : [upgrade, safeDowngrade, unsafeDowngrade, 4]) {
          await at(session, from, async () => {
            const featureUpdates = [{ feature, maxVersionLevel: to, upgradeType }]
            const label = `from ${from} to ${to} by ${upgradeType}`
            const { errorCode } = await session.send(
              UpdateFeatures,
              version,
              { timeoutMs: 10_000, featureUpdates },
              label,
            )
            if (errorCode === 0)
              await until('the level', async () => ((await level(session)) === to ? true : undefined))
            session.note('UpdateFeatures', version, `${label}: the level`, await level(session))
          })
        }
      }
    }
    if (version === 0) continue
    const featureUpdates = [{ feature, maxVersionLevel: 1, upgradeType: safeDowngrade }]
    await session.send(UpdateFeatures, version, { timeoutMs: 10_000, featureUpdates, validateOnly: true }, 'only asked')
    session.note('UpdateFeatures', version, 'only asked: the level', await level(session))
  }
}

/**
 * Both protocols, whatever the level: clients choose by it, and brokers go by the versions of requests. At level 0 Apache Kafka 4.4 cannot record what
 * protocol 2 needs, and the id is of no use from then on.
 */
async function served(session: Session): Promise<void> {
  const topic = await topicOf(session, 'topic')
  for (const chosen of [0, 1]) {
    await at(session, chosen, async () => {
      for (const protocol of chosen === 0 ? [1] : [1, 2]) {
        const of = (label: string) => `level ${chosen}, protocol ${protocol}, ${label}`
        const [produce, end] = protocol === 1 ? [11, 4] : [12, 5]
        const producer = await Producer.begin(session, `${chosen}-${protocol}`)
        const add = async (label: string) => {
          if (protocol === 1) await producer.add(3, [{ name: topic.name, partitions: [0] }], of(label))
        }
        await producer.send(produce, topic, of('before it is added'))
        await add('add')
        await producer.send(produce, topic, of('a record'))
        await producer.end(end, true, of('commit'))
        await producer.completed()
        await producer.end(end, true, of('commit again'))
        await add('add for the next')
        await producer.send(produce, topic, of('a record of the next'))
        const zombie = producer.as({})
        await producer.init(5, of('another instance'), false)
        await producer.completed()
        await producer.init(5, of('another instance again'), false)
        await zombie.send(produce, topic, of('a record of the first'))
        await zombie.end(end, false, of('an end of the first'))
        await producer.end(end, false, of('an abort of nothing'))
        if (protocol === 2) await producer.completed()
      }
    })
  }
}

/** One of protocol 1 takes the place of one of protocol 2, or the other way round. */
async function mixed(session: Session): Promise<void> {
  const topic = await topicOf(session, 'topic')
  for (const [first, second] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const of = (label: string) => `protocol ${first} before ${second}, ${label}`
    const one = await Producer.begin(session, `${first}-${second}`)
    const other = one.as({})
    await other.init(5, of('the second begins'), false)
    if (second === 1) await other.add(3, [{ name: topic.name, partitions: [0] }], of('add'))
    await other.send(second === 1 ? 11 : 12, topic, of('a record'))
    await other.end(second === 1 ? 4 : 5, false, of('abort'))
    await other.completed()
    await session.send(EndTxn, first === 1 ? 4 : 5, { ...one.claim, committed: false }, of('an abort of the first'))
    await session.send(InitProducerId, 5, { ...one.claim, transactionTimeoutMs: 60_000 }, of('the first claims'))
  }
}

/** Kafka takes it for an end that is asked for again, and gives the epoch of the producer that came after. */
const answer = 'EndTxn v5 protocol 2 before 1, an abort of the first'
const reason =
  '**EndTxn**: a producer of protocol 2 is fenced where one of protocol 1 has taken its place; Kafka gives it the epoch of its successor'
const safer: readonly Difference[] = [
  { answer, path: 'errorCode', ours: 90, reason },
  { answer, path: 'producerId', ours: -1, reason },
  { answer, path: 'producerEpoch', ours: -1, reason },
]

export const levelCases: readonly Case[] = [
  {
    name: 'transactions: levels of transaction.version are chosen',
    run: chosen,
  },
  { name: 'transactions: both protocols at the older levels of transaction.version', run: served, differs: producing },
  {
    name: 'transactions: a producer takes the place of one of the other protocol',
    run: mixed,
    differs: safer,
  },
]
