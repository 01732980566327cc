/** One record by itself, with all that a page can show of it; and its parts as bytes. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { RecordView } from '../../protocol/records/record.ts'
import type { Admin } from '../admin/admin.ts'
import { recordsOf, timestampTypeOf } from '../client/fetched-set.ts'
import type { RecordAnswer } from './answers.ts'
import { recordAnswer, shownAlone } from './bytes.ts'
import { fetchPiece } from './fetching.ts'
import { topicIn } from './topics.ts'

/** Rejects with KafkaError where there is no such partition, and with RangeError where no record has the offset. */
export async function recordAlone(
  admin: Admin,
  topic: string,
  partition: number,
  offset: number,
): Promise<RecordAnswer> {
  const { record, timeOf } = await recordAt(admin, topic, partition, offset)
  return recordAnswer(partition, record, timeOf, shownAlone)
}

/** The bytes of its `key` or `value`, or of one of its headers (`header`). */
export async function recordPart(
  admin: Admin,
  topic: string,
  partition: number,
  offset: number,
  part: string,
  headerIndex: number,
): Promise<Buffer> {
  const { record } = await recordAt(admin, topic, partition, offset)
  const bytes =
    part === 'key'
      ? record.key
      : part === 'value'
        ? record.value
        : part === 'header'
          ? record.headers[headerIndex]?.value
          : null
  if (bytes === null || bytes === undefined) throw new RangeError(`the record has no ${part.slice(0, 20)}`)
  return bytes
}

async function recordAt(
  admin: Admin,
  topic: string,
  index: number,
  offset: number,
): Promise<{ record: RecordView; timeOf: RecordAnswer['timeOf'] }> {
  const view = topicIn(await admin.metadata([topic]), topic).partitions.find(each => each.index === index)
  if (view === undefined) throw new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION)
  const { batches } = await fetchPiece(admin, { topic, index, leader: view.leader }, offset, {
    ...{ bytesMax: 1, committedOnly: false },
  })
  const [batch] = batches
  const record = batch && recordsOf(batch).find(each => each.offset === offset)
  if (batch === undefined || record === undefined) {
    throw new RangeError(
      `no record of ${topic}-${index} has the offset ${offset}: it was deleted or compacted away, or was never visible`,
    )
  }
  const type = timestampTypeOf(batch)
  return { record, timeOf: type === null ? null : type === 'CreateTime' ? 'producer' : 'broker' }
}
