/** Members of consumer groups who join again by epoch 0, or go and come back, while partitions change hands. */
import type { Session } from '../session.ts'
import type { Case } from './case.ts'
import { nextAssignment, world } from './consumer-group-world.ts'

/** Two members, of whom the first has all and the second is to get one of both. */
async function handingOver(
  session: Session,
  what: string,
  instances: readonly [string | null, string | null] = [null, null],
) {
  const made = await world(session, what)
  const { topicId, beat, joining } = made
  const owned = (partitions: number[]) => ({
    topicPartitions: partitions.length === 0 ? [] : [{ topicId, partitions }],
  })
  const [one, two] = instances.map((instanceId, i) => ({ memberId: ['one', 'two'][i]!, instanceId }))
  await beat('joins', { ...joining, ...one })
  await nextAssignment()
  await beat('another joins', { ...joining, ...two })
  return { ...made, owned, one: one!, two: two! }
}

async function whoIsToGiveUp(session: Session): Promise<void> {
  const { beat, joining, describe, owned, one, two } = await handingOver(session, 'gives-up')
  await beat('hears that it is to give up', { ...one, memberEpoch: 2, ...owned([0, 1]) })
  await beat('joins again, having lost all', { ...joining, ...one })
  await describe('the first joined again')
  await beat('the second gets it', { ...two, memberEpoch: 3, ...owned([]) })
  await beat('joins again, and says what it has', { ...joining, ...one, ...owned([0]) })
  await describe('the first joined once more')
}

async function whoWaits(session: Session): Promise<void> {
  const { beat, joining, describe, owned, one, two } = await handingOver(session, 'waits')
  await beat('joins again, still waiting', { ...joining, ...two })
  await describe('the second joined again')
  await beat('gives up', { ...one, memberEpoch: 2, ...owned([0]) })
  await beat('joins again, when it is there', { ...joining, ...two })
  await describe('the second has it')
  await beat('the first goes on', { ...one, memberEpoch: 3, ...owned([0]) })
}

async function lastGoes(session: Session): Promise<void> {
  const { beat, joining, describe, owned, one, two } = await handingOver(session, 'last')
  await beat('leaves', { ...one, memberEpoch: -1 })
  await describe('one is left')
  await beat('leaves, too', { ...two, memberEpoch: -1 })
  await describe('nobody is left')
  await nextAssignment()
  await beat('comes to the empty group', { ...joining, ...one })
  await beat('goes on', { ...one, memberEpoch: 5, ...owned([0, 1]) })
  await describe('one is there again')
}

/** Instances that go for a while, and come back by another id or with another subscription, while partitions change hands. */
async function instancesGo(session: Session): Promise<void> {
  const { topic, beat, joining, describe, owned, one, two } = await handingOver(session, 'instances', [
    'first',
    'second',
  ])
  await beat('hears that it is to give up', { ...one, memberEpoch: 2, ...owned([0, 1]) })
  await beat('goes for a while, without having given up', { ...one, memberEpoch: -2 })
  await describe('the first is away')
  await beat('the second gets it', { ...two, memberEpoch: 3, ...owned([]) })
  await beat('comes back by another id', { ...joining, ...one, memberId: 'one-again' })
  await describe('the first is back')
  await beat('the second asks again', { ...two, memberEpoch: 3, ...owned([]) })
  await beat('the second goes for a while', { ...two, memberEpoch: -2 })
  await nextAssignment()
  await beat('the second comes back and wants more', {
    ...{ ...joining, ...two, memberId: 'two-again' },
    subscribedTopicNames: [topic, session.name('instances-more')],
  })
  await describe('the second is back')
  await beat('by its old id', { ...two, memberEpoch: 3, ...owned([1]) })
  await beat('leaves by its old id', { ...two, memberEpoch: -1 })
  await beat('the first goes for good', { ...one, memberId: 'one-again', memberEpoch: -1 })
  await describe('the second is left')
}

export const rejoiningCases: readonly Case[] = [
  { name: 'members join again: one that is to give up partitions', run: whoIsToGiveUp },
  { name: 'members join again: one that waits for partitions', run: whoWaits },
  { name: 'members join again: after the last has gone', run: lastGoes },
  { name: 'members join again: instances', run: instancesGo },
]
