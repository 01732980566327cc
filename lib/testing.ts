/** The public door of `ottla/testing`: a broker for tests, which can be reset, copied and asked. */
export { ConfigError, codes, KafkaError } from './broker.ts'
export type { Coordinated, PartitionReplicas, TestBroker, TopicReplicas } from './testing/brokers/options.ts'
export type {
  ErrorName,
  Fault,
  FaultAction,
  FaultMatch,
  MissedFault,
} from './testing/faults/options.ts'
export { FaultVerifyError } from './testing/faults/verify-error.ts'
export type { NetworkDisturbance, TestNetwork } from './testing/network/options.ts'
export type {
  Advanced,
  AdvanceOptions,
  ClockState,
  DiskDisturbance,
  Duration,
  Mark,
  Moment,
  PersonaName,
  ReadPartition,
  ReadyMember,
  RequestMatch,
  RequestWait,
  TestClock,
  TestDisk,
  TestGroup,
  TestTopic,
  TestTrace,
  TraceLine,
  WaitOptions,
} from './testing/options.ts'
export type {
  GroupOffset,
  GroupState,
  ProducedRecord,
  ReadOptions,
  TestRecord,
  TopicRecords,
  WrittenRecord,
} from './testing/record-options.ts'
export type {
  ConnectedClient,
  ResetOptions,
  ResetResult,
  TestSnapshot,
  VirtualClusterOptions,
} from './testing/state-options.ts'
export { StoppedError } from './testing/stopped-error.ts'
export { TestKafka, type TestKafkaOptions } from './testing/test-kafka.ts'
export { TracedBroker } from './testing/traced-broker.ts'
export { WaitTimeoutError } from './testing/wait-timeout-error.ts'
export { lineInWords } from './trace/line.ts'
