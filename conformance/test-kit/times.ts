/** Time-outs of minutes and days that pass at once by the broker's clock: each is met, and nobody is cut off for it. */
import assert from 'node:assert/strict'
import type { AdvanceOptions, Duration, TestKafka } from '../../lib/testing.ts'
import { ownMsOf, turnedMsMax } from '../../test/testing/own-time.ts'
import { until } from '../scenario.ts'
import { ask, type Consuming, group, nobodyCutOff, type Play, type Producing, patience, topic } from './stage.ts'

const dayMs = 86_400_000

export const memberPlays: readonly Play<Consuming>[] = [
  ['is a member still after a week', outlivesAWeek],
  ['loses its session where it is silent, and joins again', losesItsSession],
]

// Of the time of the broker, as those of clients are by the machine's clock.
const byBroker = { 'message.timestamp.type': 'LogAppendTime', 'segment.ms': `${dayMs / 24}` }
const topicWith = (config: Readonly<Record<string, string>>) => ({
  topics: { [topic]: { partitions: 1, config: { ...byBroker, ...config } } },
})

export const ageingPlays: readonly Play<Producing>[] = [
  ['finds its records gone when they are old, and writes on', growsOld, topicWith({ 'retention.ms': `${7 * dayMs}` })],
  [
    'finds its records compacted when they are old enough, and writes on',
    isCompacted,
    topicWith({
      'cleanup.policy': 'compact',
      'min.compaction.lag.ms': `${dayMs}`,
      'min.cleanable.dirty.ratio': '0.01',
    }),
  ],
  [
    'finds its records compacted when they may wait no longer, and writes on',
    isCompacted,
    topicWith({ 'cleanup.policy': 'compact', 'max.compaction.lag.ms': `${dayMs}`, 'min.cleanable.dirty.ratio': '1' }),
  ],
]

/** Passes a time, and gives how long that took this process. */
export async function advance(kit: TestKafka, by: Duration, options: AdvanceOptions = {}): Promise<number> {
  const { ms } = await ownMsOf(() => kit.clock.advance(by, options))
  assert.ok(ms < turnedMsMax, `${by} took ${ms} ms`)
  return ms
}

async function outlivesAWeek({ kit, member }: Consuming): Promise<string> {
  const [before] = await kit.group(group).ready(1, patience)
  const since = kit.trace.last
  const tookMs = await advance(kit, '7d')
  const [after] = await kit.group(group).ready(1, patience)
  assert.equal(after!.memberId, before!.memberId)
  await kit.topic(topic).produce(['after'])
  await member.reads('after')
  await kit.group(group).caughtUp(patience)
  nobodyCutOff(kit, since)
  return `${tookMs} ms`
}

async function losesItsSession({ kit, member }: Consuming): Promise<string> {
  await kit.group(group).ready(1, patience)
  const since = kit.mark()
  const traced = kit.trace.last
  const tookMs = await advance(kit, '10m', { members: 'silent' })
  // Later on franz-go closes the connection of a Fetch that it has given up when it joined again.
  nobodyCutOff(kit, traced)
  await kit.request({ api: 'JoinGroup', group, since, ...patience })
  await kit.group(group).ready(1, patience)
  await kit.topic(topic).produce(['after'])
  await member.reads('after')
  return `${tookMs} ms`
}

async function growsOld(stage: Producing): Promise<string> {
  const { kit } = stage
  await ask(stage, 'init - 0')
  await ask(stage, `send ${topic} 0=old`)
  const since = kit.trace.last
  const kept = await advance(kit, '6d')
  assert.deepEqual(await valuesIn(kit), ['old'])
  const gone = await advance(kit, '2d')
  await until('the record to be gone', async () => ((await valuesIn(kit)).length === 0 ? true : undefined))
  await ask(stage, `send ${topic} 0=new`)
  assert.deepEqual(await valuesIn(kit), ['new'])
  nobodyCutOff(kit, since)
  return `${kept} and ${gone} ms`
}

async function isCompacted(stage: Producing): Promise<string> {
  const { kit } = stage
  await ask(stage, 'init - 0')
  await ask(stage, `send ${topic} 0/a=a1 0/b=b1`)
  const since = kit.trace.last
  await advance(kit, '2h')
  await ask(stage, `send ${topic} 0/a=a2`)
  await advance(kit, '2h')
  await ask(stage, `send ${topic} 0/c=c1`)
  const kept = await advance(kit, '12h')
  assert.deepEqual(await valuesIn(kit), ['a1', 'b1', 'a2', 'c1'])
  const cleaned = await advance(kit, '2d')
  await until('the older value to be gone', async () => ((await valuesIn(kit)).includes('a1') ? undefined : true))
  await ask(stage, `send ${topic} 0/d=d1`)
  assert.deepEqual(await valuesIn(kit), ['b1', 'a2', 'c1', 'd1'])
  nobodyCutOff(kit, since)
  return `${kept} and ${cleaned} ms`
}

async function valuesIn(kit: TestKafka): Promise<(string | null)[]> {
  return (await kit.topic(topic).records()).map(({ value }) => value)
}
