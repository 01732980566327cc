/** Answers of a leader of which several are on their way. */
import t from 'tap'
import type { Partition } from '../../lib/partitions/partition.ts'
import { Following, type PartitionAnswer } from '../../lib/replication/following.ts'
import { codes } from '../../protocol/errors.ts'

const place = { fetchOffset: 5, currentLeaderEpoch: 3, lastFetchedEpoch: 3, logStartOffset: 0 }

/** A partition that follows, and what it was given. */
function followed() {
  const given: { records: string; highWatermark: number; logStartOffset: number }[] = []
  const follower = {
    nextFetch: () => place,
    take: ({
      records,
      highWatermark,
      logStartOffset,
    }: {
      records: Buffer
      highWatermark: number
      logStartOffset: number
    }) => given.push({ records: records.toString(), highWatermark, logStartOffset }),
  }
  const partition = { leaderEpoch: 3, logEndOffset: 5, following: () => follower } as unknown as Partition
  return { following: new Following(partition), given }
}

function answerOf(fields: Partial<PartitionAnswer>): PartitionAnswer {
  const rest = { errorCode: codes.NONE, divergingEpoch: { epoch: -1, endOffset: -1 }, records: Buffer.from('again') }
  return { ...rest, ...fields } as PartitionAnswer
}

t.test('an answer to a request before the last gives no records, and what the leader has committed', async t => {
  const { following, given } = followed()
  following.tell({ ...place, logStartOffset: 1 }, 7)
  following.tell(place, 8)
  t.match(following.take(answerOf({ highWatermark: 4, logStartOffset: 2 }), 7), { kind: 'late' })
  t.same(given, [{ records: '', highWatermark: 4, logStartOffset: 2 }])
  t.match(following.take(answerOf({ highWatermark: 5, logStartOffset: 2 }), 8), { kind: 'taken' })
  t.same(given[1], { records: 'again', highWatermark: 5, logStartOffset: 2 })
})

t.test('nothing is taken from an answer to a request that did not name the partition yet', async t => {
  const { following, given } = followed()
  following.tell(place, 8)
  t.match(following.take(answerOf({ highWatermark: 4, logStartOffset: 2 }), 7), { kind: 'late' })
  t.same(given, [])
})

t.test('nothing is taken from a late refusal, nor from a late answer that tells where logs part', async t => {
  const { following, given } = followed()
  following.tell({ ...place, logStartOffset: 1 }, 7)
  following.tell(place, 8)
  const refusal = answerOf({ errorCode: codes.UNKNOWN_SERVER_ERROR, highWatermark: -1, logStartOffset: -1 })
  t.match(following.take(refusal, 7), { kind: 'late' })
  const parting = answerOf({ divergingEpoch: { epoch: 2, endOffset: 3 }, highWatermark: 4, logStartOffset: 2 })
  t.match(following.take(parting, 7), { kind: 'late' })
  t.same(given, [])
})
