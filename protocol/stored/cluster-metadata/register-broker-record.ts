import {
  array,
  bool,
  type EncodableOf,
  int16,
  int32,
  int64,
  message,
  string,
  struct,
  uint16,
  uuid,
} from '../../schema.ts'

/**
 * A broker that joined the cluster, where it is reached and what it could do (record type 0).
 * v1 in controlled shutdown · v2 on its way from ZooKeeper · v3 its directories (KIP-858) · v4 those that take no new replicas
 */
export const RegisterBrokerRecord = message({
  name: 'RegisterBrokerRecord',
  versions: [0, 4],
  flexible: 0,
  fields: {
    brokerId: int32,
    isMigratingZkBroker: bool.since(2),
    incarnationId: uuid,
    brokerEpoch: int64,
    endPoints: array(
      struct({
        name: string,
        host: string,
        port: uint16,
        securityProtocol: int16,
      }),
    ),
    features: array(
      struct({
        name: string,
        minSupportedVersion: int16,
        maxSupportedVersion: int16,
      }),
    ),
    rack: string.nullable(),
    fenced: bool.default(true),
    inControlledShutdown: bool.since(1),
    logDirs: array(uuid).since(3).tagged(0),
    cordonedLogDirs: array(uuid).nullable(4).default(null).since(4).tagged(1),
  },
})

export interface RegisterBrokerRecord extends EncodableOf<typeof RegisterBrokerRecord> {}
