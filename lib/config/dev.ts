/** Settings for tests and laptops, in the place of Kafka's defaults, which are those of a large cluster. */
export const devProperties: Readonly<Record<string, string>> = {
  'auto.create.topics.enable': 'true',
  'default.replication.factor': '1',
  'delete.topic.enable': 'true',
  'group.initial.rebalance.delay.ms': '0',
  'min.insync.replicas': '1',
  'num.partitions': '1',
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
}
