/** Properties of a group, and the broker properties that give each its default. */
import { noInternalTopic, noRepeats, shareOffsetReset } from './checks.ts'
import { boolean, choice, int, list, long, string } from './property.ts'

/** Rows in the order of their names. */
export const groupProperties = {
  'consumer.assignment.interval.ms': int(1000, {
    min: 0,
    brokerSynonyms: ['group.consumer.assignment.interval.ms'],
    doc: 'The least time between two target assignments.',
  }),
  'consumer.assignor.offload.enable': boolean(true, {
    brokerSynonyms: ['group.consumer.assignor.offload.enable'],
    visibility: 'internal',
    doc: 'Whether what members of a large group shall own is computed in pieces between requests, and not at once.',
  }),
  'consumer.heartbeat.interval.ms': int(5000, {
    min: 1,
    brokerSynonyms: ['group.consumer.heartbeat.interval.ms'],
    doc: 'How often members send heartbeats.',
  }),
  'consumer.session.timeout.ms': int(45_000, {
    min: 1,
    brokerSynonyms: ['group.consumer.session.timeout.ms'],
    doc: 'How long a member may be silent before it is out.',
  }),
  'errors.deadletterqueue.copy.record.enable': boolean(false),
  'errors.deadletterqueue.topic.name': string('', { check: noInternalTopic }),
  'share.assignment.interval.ms': int(1000, { min: 0, brokerSynonyms: ['group.share.assignment.interval.ms'] }),
  'share.assignor.offload.enable': boolean(true, {
    brokerSynonyms: ['group.share.assignor.offload.enable'],
    visibility: 'internal',
  }),
  'share.auto.offset.reset': string('latest', { check: shareOffsetReset }),
  'share.delivery.count.limit': int(5, { min: 2, brokerSynonyms: ['group.share.delivery.count.limit'] }),
  'share.heartbeat.interval.ms': int(5000, { min: 1, brokerSynonyms: ['group.share.heartbeat.interval.ms'] }),
  'share.isolation.level': choice('read_uncommitted', ['read_committed', 'read_uncommitted']),
  'share.partition.max.record.locks': int(2000, {
    min: 100,
    brokerSynonyms: ['group.share.partition.max.record.locks'],
  }),
  'share.record.lock.duration.ms': int(30_000, { min: 1000, brokerSynonyms: ['group.share.record.lock.duration.ms'] }),
  'share.renew.acknowledge.enable': boolean(true),
  'share.session.timeout.ms': int(45_000, { min: 1, brokerSynonyms: ['group.share.session.timeout.ms'] }),
  'streams.acceptable.recovery.lag': long(10_000, {
    min: 0,
    brokerSynonyms: ['group.streams.acceptable.recovery.lag'],
    visibility: 'internal',
  }),
  'streams.assignment.interval.ms': int(1000, { min: 0, brokerSynonyms: ['group.streams.assignment.interval.ms'] }),
  'streams.assignor.offload.enable': boolean(true, {
    brokerSynonyms: ['group.streams.assignor.offload.enable'],
    visibility: 'internal',
  }),
  'streams.assignor.name': string(null, { brokerSynonyms: ['group.streams.assignors'] }),
  'streams.heartbeat.interval.ms': int(5000, { min: 1, brokerSynonyms: ['group.streams.heartbeat.interval.ms'] }),
  'streams.initial.rebalance.delay.ms': int(3000, {
    min: 0,
    brokerSynonyms: ['group.streams.initial.rebalance.delay.ms'],
  }),
  'streams.num.standby.replicas': int(0, { min: 0, brokerSynonyms: ['group.streams.num.standby.replicas'] }),
  'streams.num.warmup.replicas': int(2, {
    min: 0,
    brokerSynonyms: ['group.streams.num.warmup.replicas'],
    visibility: 'internal',
  }),
  'streams.rack.aware.assignment.tags': list([], {
    importance: 'low',
    check: noRepeats,
    brokerSynonyms: ['group.streams.rack.aware.assignment.tags'],
  }),
  'streams.session.timeout.ms': int(45_000, { min: 1, brokerSynonyms: ['group.streams.session.timeout.ms'] }),
  'streams.task.offset.interval.ms': int(60_000, {
    min: 1,
    brokerSynonyms: ['group.streams.task.offset.interval.ms'],
    visibility: 'internal',
  }),
}
