/** Who this node is, and the properties with which Kafka runs its controllers; the latter are accepted so that a file written for Kafka works as it is. */
import { quorumServers, quorumVoters } from './checks.ts'
import { boolean, int, list, long, longMax, string } from './property.ts'

/** Rows in the order of their names. */
export const nodeProperties = {
  'auto.leader.rebalance.enable': boolean(true, {
    importance: 'high',
    doc: 'Whether the controller has partitions led by the first of their replicas again, now and then.',
  }),
  'broker.heartbeat.interval.ms': int(2000),
  'broker.id': int(-1, { importance: 'high', doc: 'The older name of node.id; -1 where only node.id is set.' }),
  'broker.rack': string(null, {
    doc: 'Where this broker stands; told to clients, and spread over when replicas are placed.',
  }),
  'broker.session.timeout.ms': int(9000, {
    doc: 'How long a broker that does not reach the store of the metadata still counts as there.',
  }),
  'controlled.shutdown.enable': boolean(true, {
    doc: 'Whether a broker that stops has others lead its partitions first.',
  }),
  'controller.listener.names': list(['CONTROLLER'], {
    importance: 'high',
    emptyAllowed: false,
    required: true,
    doc: 'Listeners of these names are left out: they are those of KRaft controllers.',
  }),
  'controller.performance.always.log.threshold.ms': long(2000, { min: 0, visibility: 'internal' }),
  'controller.performance.sample.period.ms': long(60_000, { min: 100, visibility: 'internal' }),
  'controller.quorum.append.linger.ms': int(25, { min: 0 }),
  'controller.quorum.auto.join.enable': boolean(false, { importance: 'low' }),
  'controller.quorum.bootstrap.servers': list([], { importance: 'high', distinct: false, check: quorumServers }),
  'controller.quorum.election.backoff.max.ms': int(1000, { importance: 'high', min: 0 }),
  'controller.quorum.election.timeout.ms': int(1000, { importance: 'high', min: 0 }),
  'controller.quorum.fetch.max.bytes': int(1_048_576, { importance: 'low', min: 1 }),
  'controller.quorum.fetch.snapshot.max.bytes': int(1_048_576, { importance: 'low', min: 1 }),
  'controller.quorum.fetch.timeout.ms': int(2000, { importance: 'high', min: 0 }),
  'controller.quorum.request.timeout.ms': int(2000, { min: 0 }),
  'controller.quorum.retry.backoff.ms': int(20, { importance: 'low', min: 0 }),
  'controller.quorum.voters': list([], { importance: 'high', check: quorumVoters }),
  'controller.quota.window.num': int(11, { importance: 'low', min: 1 }),
  'controller.quota.window.size.seconds': int(1, { importance: 'low', min: 1 }),
  'controller.socket.timeout.ms': int(30_000),
  'early.start.listeners': list(null, { importance: 'high' }),
  'initial.broker.registration.timeout.ms': int(60_000),
  'internal.metadata.delete.delay.millis': long(60_000, { importance: 'low', visibility: 'internal' }),
  'internal.metadata.log.segment.bytes': int(null, { importance: 'low', visibility: 'internal' }),
  'internal.metadata.max.batch.size.in.bytes': int(8_388_608, { importance: 'low', visibility: 'internal' }),
  'leader.imbalance.check.interval.seconds': long(300, {
    importance: 'high',
    min: 1,
    doc: 'How often the controller looks at auto.leader.rebalance.enable.',
  }),
  'metadata.log.dir': string(null, {
    importance: 'high',
    doc: 'Where the metadata log of an Apache Kafka broker lies whose data directory is taken over.',
  }),
  'metadata.log.max.record.bytes.between.snapshots': long(20_971_520, { importance: 'high', min: 1 }),
  'metadata.log.max.snapshot.interval.ms': long(3_600_000, { importance: 'high', min: 0 }),
  'metadata.log.segment.bytes': int(1_073_741_824, { importance: 'high', min: 8_388_608 }),
  'metadata.log.segment.ms': long(604_800_000, { importance: 'high' }),
  'metadata.max.idle.interval.ms': int(500, { importance: 'low', min: 0 }),
  'metadata.max.retention.bytes': long(104_857_600, { importance: 'high' }),
  'metadata.max.retention.ms': long(604_800_000, { importance: 'high' }),
  'node.id': int(1, {
    importance: 'high',
    min: 0,
    required: true,
    doc: 'The number of this broker among its peers.',
  }),
  'process.roles': list(['broker', 'controller'], {
    importance: 'high',
    values: ['broker', 'controller'],
    emptyAllowed: false,
    required: true,
    doc: 'Kafka asks for it; this broker always does both.',
  }),
  'server.max.startup.time.ms': long(longMax, { min: 0, visibility: 'internal' }),
  'unclean.leader.election.enable': boolean(false, {
    importance: 'high',
    updateMode: 'cluster-wide',
    doc: 'Whether a replica that lacks committed records may lead where no other is there.',
  }),
  'unclean.leader.election.interval.ms': long(300_000, { min: 1, visibility: 'internal' }),
  'unstable.api.versions.enable': boolean(false, {
    importance: 'high',
    visibility: 'internal',
    doc: 'Whether InitProducerId is offered in version 6 too, which Kafka has not declared stable.',
  }),
  'unstable.feature.versions.enable': boolean(false, { importance: 'high', visibility: 'internal' }),
}
