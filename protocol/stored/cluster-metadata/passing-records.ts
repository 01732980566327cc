/** Records of `__cluster_metadata` that only concern controllers and brokers while they run: they are shown, and nothing comes of them. */
import { decode } from '../../codec.ts'
import {
  array,
  bool,
  int8,
  int16,
  int32,
  int64,
  type Message,
  message,
  string,
  struct,
  uint16,
  uuid,
} from '../../schema.ts'

const broker = { id: int32, epoch: int64 }
const of = { versions: [0, 0], flexible: 0 } as const

/** By the numbers of their types. */
const passingRecords: Readonly<Record<number, Message>> = {
  7: message({ name: 'FenceBrokerRecord', ...of, fields: broker }),
  8: message({ name: 'UnfenceBrokerRecord', ...of, fields: broker }),
  // v1 in controlled shutdown · v2 its directories · v3 those that take no new replicas
  17: message({
    name: 'BrokerRegistrationChangeRecord',
    versions: [0, 3],
    flexible: 0,
    fields: {
      brokerId: int32,
      brokerEpoch: int64,
      fenced: int8.tagged(0),
      inControlledShutdown: int8.since(1).tagged(1),
      logDirs: array(uuid).since(2).tagged(2),
      cordonedLogDirs: array(uuid).nullable(3).default(null).since(3).tagged(3),
    },
  }),
  20: message({ name: 'NoOpRecord', ...of, fields: {} }),
  21: message({ name: 'ZkMigrationStateRecord', ...of, fields: { zkMigrationState: int8 } }),
  27: message({
    name: 'RegisterControllerRecord',
    ...of,
    fields: {
      controllerId: int32,
      incarnationId: uuid,
      zkMigrationReady: bool,
      endPoints: array(struct({ name: string, host: string, port: uint16, securityProtocol: int16 })),
      features: array(struct({ name: string, minSupportedVersion: int16, maxSupportedVersion: int16 })),
    },
  }),
  28: message({ name: 'ClearElrRecord', ...of, fields: { topicName: string } }),
  29: message({ name: 'UnregisterControllerRecord', ...of, fields: { controllerId: int32 } }),
}

/** Type and version stand behind that of the frame, a byte each. */
const [typeAt, versionAt, fieldsAt] = [1, 2, 3]

/** A record of these kinds; null where it is of another. */
export function readPassingRecord(value: Buffer): { readonly message: Message; readonly value: object } | null {
  const message = passingRecords[value[typeAt]!]
  const version = value[versionAt]!
  if (message === undefined || version > message.versions[1]) return null
  return { message, value: decode(message, version, value, fieldsAt) }
}
