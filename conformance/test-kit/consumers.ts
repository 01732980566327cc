/** What a member of a group must do where one fault is put into a broker: read on, and lose nothing. */
import assert from 'node:assert/strict'
import type { FaultAction, FaultMatch } from '../../lib/testing.ts'
import { until } from '../scenario.ts'
import { type Consuming, group, type Play, patience, topic } from './stage.ts'

export const consumerPlays: readonly Play<Consuming>[] = [
  ['reads on after NOT_LEADER_OR_FOLLOWER', readsOn({ api: 'Fetch' }, { error: 'NOT_LEADER_OR_FOLLOWER' })],
  ['reads on where the answer with its records was lost', readsOn({ api: 'Fetch' }, { lose: 'answer' })],
  ['reads on where half an answer comes', readsOn({ api: 'Fetch' }, { truncate: 10 })],
  ['waits until there is a coordinator', starts({ api: 'FindCoordinator' }, 'COORDINATOR_NOT_AVAILABLE')],
  ['waits until its coordinator has loaded', starts({ api: 'JoinGroup' }, 'COORDINATOR_LOAD_IN_PROGRESS')],
  ['begins again where a rebalance comes between', starts({ api: 'SyncGroup' }, 'REBALANCE_IN_PROGRESS')],
  ['waits until its offsets are known', starts({ api: 'OffsetFetch' }, 'COORDINATOR_LOAD_IN_PROGRESS')],
  ['joins again where it is unknown', joinsAgain('UNKNOWN_MEMBER_ID')],
  ['joins again where its generation is over', joinsAgain('ILLEGAL_GENERATION')],
  ['joins again where others do', joinsAgain('REBALANCE_IN_PROGRESS')],
  ['looks for its coordinator anew when that has moved', findsAnew],
  ['commits again where its commit was refused for now', commitsAgain],
  ['reads from the beginning where its offset is out of range', readsAgain],
  ['joins again where it is taken out', isTakenOut],
  ['reads on where its connections were cut', isCutOff],
]

/** It has read one record and committed that. */
async function settled({ kit, member }: Consuming): Promise<void> {
  await kit.topic(topic).produce(['first'])
  await member.reads('first')
  await kit.group(group).ready(1, patience)
  await kit.group(group).caughtUp(patience)
}

/** Nothing is lost; who has joined again may read anew what it had not committed before. */
async function goesOn({ kit, member }: Consuming): Promise<void> {
  await kit.topic(topic).produce(['second'])
  await member.reads('second')
  await kit.group(group).caughtUp(patience)
  assert.deepEqual([...new Set(member.seen)], ['first', 'second'])
}

function readsOn(match: FaultMatch, action: FaultAction): (stage: Consuming) => Promise<void> {
  return async stage => {
    const { kit } = stage
    await settled(stage)
    const fault = kit.fault({ ...match, times: 1 }, action)
    await kit.topic(topic).produce(['second'])
    await fault.hit(1, patience)
    await stage.member.reads('second')
    await kit.group(group).caughtUp(patience)
    assert.deepEqual(stage.member.seen, ['first', 'second'])
  }
}

/** The fault is there before the member is: a process takes longer to start than this. */
function starts(match: FaultMatch, error: string & FaultError): (stage: Consuming) => Promise<void> {
  return async stage => {
    const fault = stage.kit.fault({ ...match, group, times: 2 }, { error })
    await fault.hit(2, patience)
    await settled(stage)
    await goesOn(stage)
  }
}

type FaultError = Extract<FaultAction, { readonly error: unknown }>['error']

function joinsAgain(error: string & FaultError): (stage: Consuming) => Promise<void> {
  return async stage => {
    const { kit } = stage
    await settled(stage)
    const since = kit.mark()
    kit.fault({ api: 'Heartbeat', group, times: 1 }, { error })
    await kit.request({ api: 'JoinGroup', group, since, ...patience })
    await kit.group(group).ready(1, patience)
    await goesOn(stage)
    kit.verify()
  }
}

async function findsAnew(stage: Consuming): Promise<void> {
  const { kit } = stage
  await settled(stage)
  const since = kit.mark()
  kit.fault({ api: 'Heartbeat', group, times: 1 }, { error: 'NOT_COORDINATOR' })
  await kit.request({ api: 'FindCoordinator', group, since, ...patience })
  await goesOn(stage)
  kit.verify()
}

async function commitsAgain(stage: Consuming): Promise<void> {
  const { kit } = stage
  await settled(stage)
  const fault = kit.fault({ api: 'OffsetCommit', group, times: 2 }, { error: 'COORDINATOR_LOAD_IN_PROGRESS' })
  await goesOn(stage)
  assert.equal(fault.hits, 2)
}

async function readsAgain(stage: Consuming): Promise<void> {
  const { kit, member } = stage
  await settled(stage)
  kit.fault({ api: 'Fetch', topic, times: 1 }, { error: 'OFFSET_OUT_OF_RANGE' })
  const isReadAgain = () => (member.seen.length > 1 ? true : undefined)
  await until('the first record to be read again', isReadAgain, patience.timeoutMs)
  await kit.topic(topic).produce(['second'])
  await member.reads('second')
  assert.deepEqual(member.seen, ['first', 'first', 'second'])
}

async function isTakenOut(stage: Consuming): Promise<void> {
  const { kit } = stage
  await settled(stage)
  const since = kit.mark()
  assert.equal(await kit.group(group).evict(), 1)
  await kit.request({ api: 'JoinGroup', group, since, ...patience })
  await kit.group(group).ready(1, patience)
  await goesOn(stage)
}

async function isCutOff(stage: Consuming): Promise<void> {
  await settled(stage)
  assert.ok(stage.kit.network.cut() >= 1)
  await goesOn(stage)
}
