/** Producer ids and transactions. */
import { boolean, int, short } from './property.ts'

/** Rows in the order of their names. */
export const transactionProperties = {
  'add.partitions.to.txn.retry.backoff.max.ms': int(100, {
    importance: 'high',
    min: 0,
    doc: 'How long a request that adds its partition to a transaction waits for the transaction before it to end.',
  }),
  'add.partitions.to.txn.retry.backoff.ms': int(20, {
    importance: 'high',
    min: 1,
    doc: 'How often it looks whether that has ended.',
  }),
  'producer.id.expiration.check.interval.ms': int(600_000, {
    importance: 'low',
    min: 1,
    visibility: 'internal',
    doc: 'How often the broker looks for producers to forget.',
  }),
  'producer.id.expiration.ms': int(86_400_000, {
    importance: 'low',
    updateMode: 'cluster-wide',
    min: 1,
    doc: 'A producer that is silent for so long is forgotten, and with it the numbers that detect its duplicates.',
  }),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': int(10_000, {
    importance: 'low',
    min: 1,
    doc: 'How often the broker looks for transactions to abort, as their time is over.',
  }),
  'transaction.max.timeout.ms': int(900_000, {
    importance: 'high',
    min: 1,
    doc: 'The longest transaction.timeout.ms that a producer may ask for.',
  }),
  'transaction.partition.verification.enable': boolean(true, {
    importance: 'low',
    updateMode: 'cluster-wide',
    doc: 'Whether records are taken into a partition only where their transaction runs and has it.',
  }),
  'transaction.remove.expired.transaction.cleanup.interval.ms': int(3_600_000, {
    importance: 'low',
    min: 1,
    doc: 'How often the broker looks for transactional ids to forget.',
  }),
  'transaction.state.log.load.buffer.size': int(5_242_880, { importance: 'high', min: 1 }),
  'transaction.state.log.min.isr': int(2, {
    importance: 'high',
    min: 1,
    doc: 'In-sync replicas that the topic of transactions asks for.',
  }),
  'transaction.state.log.num.partitions': int(50, {
    importance: 'high',
    min: 1,
    doc: 'Partitions of the topic that keeps transactions; not changeable once it exists.',
  }),
  'transaction.state.log.replication.factor': short(3, {
    importance: 'high',
    min: 1,
    doc: 'Replicas of the topic that keeps transactions.',
  }),
  'transaction.state.log.segment.bytes': int(104_857_600, {
    importance: 'high',
    min: 1,
    doc: 'Segment size of the topic that keeps transactions.',
  }),
  'transaction.two.phase.commit.enable': boolean(false, {
    importance: 'low',
    doc: 'Whether InitProducerId may begin transactions without a time-out, for two-phase commit (KIP-939).',
  }),
  'transactional.id.expiration.ms': int(604_800_000, {
    importance: 'high',
    min: 1,
    doc: 'A transactional id that nobody uses for so long is forgotten.',
  }),
}
