/** Which offsets members of a consumer group may commit, and what they are told where they may not. */
import t from 'tap'
import { noTopicId } from '../../../lib/groups/records.ts'
import { codes } from '../../../protocol/errors.ts'
import { ConsumerBench } from './consumer-bench.ts'

t.test('a wrong epoch is told in words that the version of the request knows', async t => {
  const bench = new ConsumerBench()
  const { memberId, epoch } = bench.member('one')
  const offset = { topic: 't', topicId: noTopicId, partition: 0, offset: 5, leaderEpoch: -1, metadata: '' }
  const commit = (how: 'commit' | 'commitTransactional', apiVersion: number, generation: number) => {
    const committer = { generation, memberId, groupInstanceId: null, apiVersion, retentionTimeMs: -1 }
    return bench.run(shard => shard[how]('g', committer, [{ ...offset, timestampMs: -1 }], bench.now))[0]
  }
  for (const wrong of [epoch - 1, epoch + 1, -1]) {
    t.equal(commit('commit', 8, wrong), codes.UNSUPPORTED_VERSION)
    for (const version of [9, 10]) t.equal(commit('commit', version, wrong), codes.STALE_MEMBER_EPOCH)
    for (const version of [3, 4, 5]) t.equal(commit('commitTransactional', version, wrong), codes.ILLEGAL_GENERATION)
    t.equal(commit('commitTransactional', 6, wrong), codes.STALE_MEMBER_EPOCH)
  }
  for (const version of [3, 6]) t.equal(commit('commitTransactional', version, epoch), codes.NONE)
})
