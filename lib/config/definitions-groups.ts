/** The group coordinator, its offsets topic, and the classic, consumer and streams protocols. */
import { assignorPackage, assignors, codecId, noRepeats } from './checks.ts'
import { boolean, className, int, intMax, list, long, short, string } from './property.ts'

/** Rows in the order of their names. */
export const groupCoordinationProperties = {
  'group.consumer.assignment.interval.ms': int(1000, {
    updateMode: 'cluster-wide',
    min: 0,
    doc: 'The least time between two target assignments of a consumer group.',
  }),
  'group.consumer.assignor.offload.enable': boolean(true, {
    updateMode: 'cluster-wide',
    visibility: 'internal',
    doc: 'Whether what members of a large consumer group shall own is computed in pieces between requests, and not at once.',
  }),
  'group.consumer.assignors': list(['uniform', 'range'], {
    emptyAllowed: false,
    check: assignors(
      'uniform',
      'range',
      `${assignorPackage}.assignor.UniformAssignor`,
      `${assignorPackage}.assignor.RangeAssignor`,
    ),
    doc: 'Assignors that members of consumer groups may ask for; the first is that of groups where nobody asks.',
  }),
  'group.consumer.heartbeat.interval.ms': int(5000, {
    min: 1,
    doc: 'How often members of consumer groups send heartbeats.',
  }),
  'group.consumer.max.assignment.interval.ms': int(15_000, {
    min: 0,
    doc: 'The longest assignment interval of a group.',
  }),
  'group.consumer.max.heartbeat.interval.ms': int(15_000, {
    min: 1,
    doc: 'The longest heartbeat interval of a group.',
  }),
  'group.consumer.max.session.timeout.ms': int(60_000, {
    min: 1,
    doc: 'The longest session timeout of a consumer group.',
  }),
  'group.consumer.max.size': int(intMax, { min: 1, doc: 'Members that one consumer group may have.' }),
  'group.consumer.migration.policy': string('bidirectional', {
    values: ['DISABLED', 'DOWNGRADE', 'UPGRADE', 'BIDIRECTIONAL'],
    ignoreCase: true,
    doc: 'Which way groups with members may come from one group protocol to the other.',
  }),
  'group.consumer.min.assignment.interval.ms': int(0, { min: 0, doc: 'The shortest assignment interval of a group.' }),
  'group.consumer.min.heartbeat.interval.ms': int(5000, { min: 1, doc: 'The shortest heartbeat interval of a group.' }),
  'group.consumer.min.session.timeout.ms': int(45_000, {
    min: 1,
    doc: 'The shortest session timeout of a consumer group.',
  }),
  'group.consumer.regex.refresh.interval.ms': int(600_000, {
    min: 10_000,
    visibility: 'internal',
    doc: 'How long regular expressions of members are taken to match the same topics, if none are made.',
  }),
  'group.consumer.session.timeout.ms': int(45_000, {
    min: 1,
    doc: 'How long a member of a consumer group may be silent before it is out.',
  }),
  'group.coordinator.append.linger.ms': int(-1, { min: -1 }),
  'group.coordinator.background.threads': int(2, { importance: 'high', min: 1 }),
  'group.coordinator.cached.buffer.max.bytes': int(1_048_588, { updateMode: 'cluster-wide', min: 524_288 }),
  'group.coordinator.rebalance.protocols': list(['classic', 'consumer', 'streams'], {
    values: ['consumer', 'classic', 'share', 'streams'],
    emptyAllowed: false,
    doc: 'Without `consumer` there are no groups of the consumer protocol.',
  }),
  'group.coordinator.threads': int(4, { importance: 'high', min: 1 }),
  'group.initial.rebalance.delay.ms': int(3000, {
    doc: 'How long the first member of an empty group waits for others.',
  }),
  'group.max.session.timeout.ms': int(1_800_000, { doc: 'The longest session timeout that a member may ask for.' }),
  'group.max.size': int(intMax, { min: 1, doc: 'Members that one group may have.' }),
  'group.min.session.timeout.ms': int(6000, { doc: 'The shortest session timeout that a member may ask for.' }),
  'group.streams.acceptable.recovery.lag': long(10_000, { min: 0, visibility: 'internal' }),
  'group.streams.assignment.interval.ms': int(1000, { updateMode: 'cluster-wide', min: 0 }),
  'group.streams.assignor.offload.enable': boolean(true, { updateMode: 'cluster-wide', visibility: 'internal' }),
  'group.streams.assignors': list(['sticky'], {
    emptyAllowed: false,
    check: assignors('sticky', `${assignorPackage}.streams.assignor.StickyTaskAssignor`),
  }),
  'group.streams.heartbeat.interval.ms': int(5000, { min: 1 }),
  'group.streams.initial.rebalance.delay.ms': int(3000, { min: 0 }),
  'group.streams.max.assignment.interval.ms': int(15_000, { min: 0 }),
  'group.streams.max.heartbeat.interval.ms': int(15_000, { min: 1 }),
  'group.streams.max.session.timeout.ms': int(60_000, { min: 1 }),
  'group.streams.max.size': int(intMax, { min: 1 }),
  'group.streams.max.standby.replicas': int(2, { min: 0 }),
  'group.streams.max.warmup.replicas': int(20, { min: 0, visibility: 'internal' }),
  'group.streams.min.assignment.interval.ms': int(0, { min: 0 }),
  'group.streams.min.heartbeat.interval.ms': int(5000, { min: 1 }),
  'group.streams.min.session.timeout.ms': int(45_000, { min: 1 }),
  'group.streams.min.task.offset.interval.ms': int(15_000, { min: 1, visibility: 'internal' }),
  'group.streams.num.standby.replicas': int(0, { min: 0 }),
  'group.streams.num.warmup.replicas': int(2, { min: 0, visibility: 'internal' }),
  'group.streams.rack.aware.assignment.tags': list([], { importance: 'low', check: noRepeats }),
  'group.streams.session.timeout.ms': int(45_000, { min: 1 }),
  'group.streams.task.offset.interval.ms': int(60_000, { min: 1, visibility: 'internal' }),
  'group.streams.topology.description.plugin.class': className(null),
  'offset.metadata.max.bytes': int(4096, {
    importance: 'high',
    doc: 'The longest text that may be kept with a committed offset.',
  }),
  'offsets.commit.timeout.ms': int(5000, {
    importance: 'high',
    min: 1,
    doc: 'How long a coordinator waits until what it has written is committed before it refuses the request.',
  }),
  'offsets.load.buffer.size': int(5_242_880, { importance: 'high', min: 1 }),
  'offsets.retention.check.interval.ms': long(600_000, {
    importance: 'high',
    min: 1,
    doc: 'How often the broker looks for offsets to forget.',
  }),
  'offsets.retention.minutes': int(10_080, {
    importance: 'high',
    min: 1,
    doc: 'Offsets of a group that has been empty for so long are forgotten.',
  }),
  'offsets.topic.compression.codec': int(0, {
    importance: 'high',
    check: codecId,
    doc: 'How offsets and groups are compressed as they are kept: 0 not, 1 gzip, 2 snappy, 3 lz4, 4 zstd.',
  }),
  'offsets.topic.num.partitions': int(50, {
    importance: 'high',
    min: 1,
    doc: 'Partitions of the topic that keeps group offsets; not changeable once it exists.',
  }),
  'offsets.topic.replication.factor': short(3, {
    importance: 'high',
    min: 1,
    doc: 'Replicas of the topic that keeps group offsets.',
  }),
  'offsets.topic.segment.bytes': int(104_857_600, {
    importance: 'high',
    min: 1,
    doc: 'Segment size of the topic that keeps group offsets.',
  }),
}
