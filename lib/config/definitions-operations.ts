/** Topics made and deleted by clients, policies, quotas and metrics. */
import { boolean, className, int, list, long, string } from './property.ts'

/** Rows in the order of their names. */
export const operationsProperties = {
  'alter.config.policy.class.name': className(null, { importance: 'low' }),
  'auto.create.topics.enable': boolean(true, {
    importance: 'high',
    doc: 'Whether a topic that a client asks for is made at once.',
  }),
  'client.quota.callback.class': className(null, { importance: 'low' }),
  'config.providers': list([], { importance: 'low', updateMode: 'cluster-wide' }),
  'create.topic.policy.class.name': className(null, { importance: 'low' }),
  'delete.topic.enable': boolean(true, { importance: 'high', doc: 'Whether clients may delete topics.' }),
  'kafka.metrics.polling.interval.secs': int(10, { importance: 'low', min: 1 }),
  'kafka.metrics.reporters': list([], { importance: 'low' }),
  'metric.reporters': list(['org.apache.kafka.common.metrics.JmxReporter'], {
    importance: 'low',
    updateMode: 'cluster-wide',
  }),
  'metrics.num.samples': int(2, { importance: 'low', min: 1 }),
  'metrics.recording.level': string('INFO', { importance: 'low' }),
  'metrics.sample.window.ms': long(30_000, { importance: 'low', min: 1 }),
  'num.partitions': int(1, { min: 1, doc: 'Partitions of a new topic where none are asked for.' }),
  'quota.window.num': int(11, {
    importance: 'low',
    min: 1,
    doc: 'One more than the windows whose connections may come at once before max.connection.creation.rate holds them up.',
  }),
  'quota.window.size.seconds': int(1, {
    importance: 'low',
    min: 1,
    doc: 'The length of a window of quota.window.num.',
  }),
  'telemetry.max.bytes': int(1_048_576, {
    importance: 'low',
    min: 1,
    doc: 'Bytes that a client may push of its metrics at once.',
  }),
}
