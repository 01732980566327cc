/** InitProducerId with a transactional id: new and known ids, claims, fencing. */
import { InitProducerId } from '../../../protocol/messages/init-producer-id.ts'
import type { Session } from '../../session.ts'
import type { Case } from '../case.ts'
import { coordinators, Producer, producing, topicOf } from './producer.ts'

/** Since this version a producer may say who it is. */
const claimsSince = 3

async function requests(session: Session): Promise<void> {
  // A broker has producer ids once it has given the first.
  await Producer.begin(session, 'first')
  for (const version of session.versions(InitProducerId)) {
    const transactionalId = session.name(`v${version}`)
    await coordinators(session, [transactionalId])
    const ask = (label: string, request: object) => session.send(InitProducerId, version, request as never, label)
    await ask('a new id', { transactionalId, transactionTimeoutMs: 60_000 })
    await ask('a known id', { transactionalId, transactionTimeoutMs: 60_000 })
    for (const transactionTimeoutMs of [1, 900_000, 900_001, 0, -1, 2_147_483_647, -2_147_483_648])
      await ask(`timeout ${transactionTimeoutMs}`, { transactionalId, transactionTimeoutMs })
    await ask('an empty id', { transactionalId: '', transactionTimeoutMs: 60_000 })
    await ask('no id', { transactionalId: null, transactionTimeoutMs: -1 })
  }
}

async function claims(session: Session): Promise<void> {
  for (const version of session.versions(InitProducerId).filter(each => each >= claimsSince)) {
    const producer = await Producer.begin(session, `v${version}`)
    const { producerId, producerEpoch } = producer
    const first = producer.as({})
    await first.as({}).init(version, 'its own id and epoch')
    await first.as({}).init(version, 'its own id and epoch, again')
    await first.as({ producerEpoch: producerEpoch + 1 }).init(version, 'the epoch that it was given')
    await first.as({}).init(version, 'an old epoch')
    await first.as({ producerEpoch: producerEpoch + 9 }).init(version, 'a greater epoch')
    await first.as({ producerEpoch: 32_767 }).init(version, 'the greatest epoch')
    await first.as({ producerId: producerId + 1_000_000 }).init(version, 'an unknown producer id')
    await first.as({ producerEpoch: -1 }).init(version, 'an id without epoch')
    await first.as({ producerId: -1, producerEpoch: 3 }).init(version, 'an epoch without id')
    await first.as({ producerId: -2, producerEpoch: -1 }).init(version, 'a negative id')
    await first.as({ producerId: 5, producerEpoch: -2 }).init(version, 'a negative epoch')
    await first.as({ producerId: -2, producerEpoch: 0 }).init(version, 'a negative id with an epoch')
    await first.as({ producerEpoch: -2 }).init(version, 'its own id and a negative epoch')
    await first.as({ transactionalId: session.name(`new-${version}`) }).init(version, 'of an id that is not known')
    await session.send(
      InitProducerId,
      version,
      { transactionalId: null, producerId, producerEpoch: 0 },
      'no id, a claim',
    )
  }
}

async function fencing(session: Session): Promise<void> {
  const topic = await topicOf(session, 'topic')
  for (const version of session.versions(InitProducerId)) {
    for (const protocol of [1, 2]) {
      const of = (label: string) => `protocol ${protocol}, ${label}`
      const [produce, end] = protocol === 1 ? [11, 4] : [12, 5]
      const producer = await Producer.begin(session, `v${version}-${protocol}`)
      if (protocol === 1)
        await producer.add(3, [{ name: topic.name, partitions: [0] }], of(`to be fenced by v${version}`))
      await producer.send(produce, topic, of(`to be fenced by v${version}`))
      const zombie = producer.as({})
      await producer.init(version, of('while a transaction is open'), false)
      await zombie.completed()
      await zombie.send(produce, topic, of(`fenced by v${version}`))
      await zombie.add(3, [{ name: topic.name, partitions: [0] }], of(`fenced by v${version}`))
      await zombie.addOffsets(3, session.name('group'), of(`fenced by v${version}`))
      await zombie.end(end, true, of(`fenced by v${version}, commits`))
      await zombie.end(end, false, of(`fenced by v${version}, aborts`))
      await zombie.completed()
      if (version >= claimsSince) await zombie.as({}).init(version, of('the one that was fenced'))
      await producer.init(version, of('once it is aborted'), false)
    }
  }
}

async function ofOpen(session: Session): Promise<void> {
  const topic = await topicOf(session, 'topic')
  for (const version of session.versions(InitProducerId).filter(each => each >= claimsSince)) {
    for (const [label, other] of [
      ['its own epoch', {}],
      ['a greater epoch', { producerEpoch: 7 }],
      ['another producer id', { producerId: 9_000_000 }],
    ] as const) {
      const producer = await Producer.begin(session, `v${version} ${label}`)
      await producer.send(12, topic, `open, ${label}, v${version}`)
      const before = producer.as({})
      await producer.as(other).init(version, `of an open transaction, ${label}`)
      if ('producerId' in other) continue
      await producer.completed()
      await before.init(version, `once it is aborted by ${label}`)
    }
    const next = await Producer.begin(session, `v${version}`)
    await next.send(12, topic, `committed, v${version}`)
    const before = next.as({})
    await next.end(5, true, `committed, v${version}`)
    await next.completed()
    await before.init(version, 'the epoch that it committed with')
    await next.as({}).init(version, 'the epoch that it was given by the end')
  }
}

export const initCases: readonly Case[] = [
  { name: 'transactions: InitProducerId of new and known ids', run: requests },
  { name: 'transactions: InitProducerId by who says who it is', run: claims },
  { name: 'transactions: InitProducerId shuts out', run: fencing, differs: producing },
  { name: 'transactions: InitProducerId of an open transaction', run: ofOpen },
]
