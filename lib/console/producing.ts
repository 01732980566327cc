/** Records that a person writes by hand, or sends again. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { Admin } from '../admin/admin.ts'
import { Producer } from '../client/producer.ts'
import type { ProducedAnswer } from './answers.ts'

export interface NewRecord {
  /** Null leaves it to the key, or to chance. */
  readonly partition: number | null
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
  /** Ms since 1970. */
  readonly timestamp: number
}

/** Resolves once all replicas in sync have it. Rejects with the error of what became of it instead. */
export async function produce(admin: Admin, topic: string, record: NewRecord): Promise<ProducedAnswer> {
  // One that is not there would be made on its first use.
  const view = (await admin.metadata([topic])).topics.get(topic)
  if (view === undefined || view.errorCode !== 0)
    throw new KafkaError(view?.errorCode ?? codes.UNKNOWN_TOPIC_OR_PARTITION)
  let answer: ProducedAnswer | null = null
  let failure: Error | null = null
  const { partition, ...rest } = record
  const producer = new Producer({
    ...{ routes: admin, idempotent: false, lingerMs: 0, deliveryTimeoutMs: admin.timeoutMs },
    requestTimeoutMs: admin.timeoutMs,
    delivered: delivery => {
      if (delivery.error === null) answer = { partition: delivery.partition, offset: delivery.baseOffset }
      else failure = delivery.error
    },
  })
  try {
    await producer.find(topic)
    producer.send(topic, rest, partition)
    await producer.flush()
  } finally {
    producer.destroy()
  }
  if (failure !== null) throw failure
  return answer!
}
