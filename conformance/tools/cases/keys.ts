/** kafka-configs of a broker that speaks TLS: keys are exchanged while it runs (KIP-226), and other settings of brokers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../../lib/base/clock.ts'
import { Authority } from '../../../lib/tls/authority.ts'
import type { ToolCase, ToolDifference, ToolGroup } from '../case.ts'
import { ownWords } from './shared.ts'

const line = (args: string) => `kafka-configs --bootstrap-server $BOOTSTRAP ${args}`
const alter = (settings: string) => line(`--alter --broker 1 --add-config ${settings}`)
const keyStore = 'listener.name.ssl.ssl.keystore'
const trustStore = 'listener.name.ssl.ssl.truststore'
const described = line('--describe --broker 1')
const differs = [ownWords('stderr')]

/** What we accept and Kafka refuses, and how the broker is described afterwards. */
function accepted(of: readonly string[], reason: string): readonly ToolDifference[] {
  return [
    ...of.flatMap((each): ToolDifference[] => [
      { of: each, in: 'code', ours: '0', theirs: '1', reason },
      { of: each, in: 'stdout', ours: 'Completed updating config for broker 1.', theirs: '', reason },
      { of: each, in: 'stderr', ours: '', reason },
    ]),
    { of: described, in: 'stdout', ours: '*', reason },
  ]
}

const unusedPassword = accepted(
  ['*keystore.password=secret'],
  '**ssl.keystore.password** is accepted beside a key store in PEM, which needs none; Kafka refuses it',
)
const allowedAtOnce = accepted(
  ['*$GROUP/renamed.pem', '*$GROUP/moved.pem'],
  '**ssl.allow.dn.changes** and **ssl.allow.san.changes** count as soon as they are set; Kafka reads them when the listener starts',
)

/** Writes the key stores that cases name; the broker starts with `first`. */
function begin(directory: string): Record<string, string> {
  const [authority, other] = ['one', 'other'].map(name => new Authority(systemClock.now(), name)) as [
    Authority,
    Authority,
  ]
  const hosts = ['localhost', '127.0.0.1']
  const store = (name: string, by: Authority, subject: string, names: readonly string[]) => {
    const { key, certificate } = by.issue({ name: subject, hosts: names })
    writeFileSync(join(directory, `${name}.pem`), `${key}${certificate}`)
  }
  store('first', authority, 'broker', hosts)
  store('same', authority, 'broker', hosts)
  store('renamed', authority, 'somebody', hosts)
  store('moved', authority, 'broker', ['elsewhere'])
  store('foreign', other, 'broker', hosts)
  writeFileSync(join(directory, 'authority.pem'), authority.certificate)
  writeFileSync(join(directory, 'other-authority.pem'), other.certificate)
  writeFileSync(join(directory, 'nonsense.pem'), 'nothing of a key\n')
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.truststore.type': 'PEM',
    'ssl.keystore.location': join(directory, 'first.pem'),
    'ssl.truststore.location': join(directory, 'authority.pem'),
  }
}

const cases: readonly ToolCase[] = [
  {
    name: 'keys: a key store in the place of another',
    differs: [...unusedPassword, ...differs],
    run: [
      described,
      alter(`${keyStore}.location=$GROUP/same.pem`),
      described,
      alter(`${keyStore}.location=$GROUP/missing.pem`),
      alter(`${keyStore}.location=$GROUP/nonsense.pem`),
      alter(`${keyStore}.location=$GROUP/renamed.pem`),
      alter(`${keyStore}.location=$GROUP/moved.pem`),
      alter(`${keyStore}.location=$GROUP/foreign.pem`),
      alter(`${keyStore}.type=NONSENSE`),
      alter(`${keyStore}.password=secret`),
      described,
      line(`--alter --broker 1 --delete-config ${keyStore}.location,${keyStore}.password`),
      described,
    ],
  },
  {
    name: 'keys: of another name and host, where that is allowed',
    differs: allowedAtOnce,
    run: [
      alter('listener.name.ssl.ssl.allow.dn.changes=true'),
      alter(`${keyStore}.location=$GROUP/renamed.pem`),
      described,
      alter(`${keyStore}.location=$GROUP/first.pem`),
      alter('listener.name.ssl.ssl.allow.san.changes=true'),
      alter(`${keyStore}.location=$GROUP/moved.pem`),
      described,
      alter(`${keyStore}.location=$GROUP/first.pem`),
    ],
  },
  {
    name: 'keys: whom the broker trusts',
    differs,
    run: [
      alter(`${trustStore}.location=$GROUP/other-authority.pem`),
      described,
      alter(`${trustStore}.location=$GROUP/missing.pem`),
      alter(`${trustStore}.location=$GROUP/nonsense.pem`),
      line(`--alter --broker 1 --delete-config ${trustStore}.location`),
      described,
    ],
  },
  {
    name: 'keys: for one broker alone',
    differs,
    run: [
      line(`--alter --broker-defaults --add-config ${keyStore}.location=$GROUP/same.pem`),
      line('--alter --broker-defaults --add-config ssl.keystore.location=$GROUP/same.pem'),
      line('--describe --broker-defaults'),
      alter('ssl.keystore.location=$GROUP/same.pem'),
      described,
      alter('listener.name.unknown.ssl.keystore.location=$GROUP/same.pem'),
      alter('listener.name.ssl.ssl.client.auth=sometimes'),
    ],
  },
  {
    name: 'configs: of brokers, one after the other',
    differs,
    run: [
      ...['max.connections=100', 'max.connections=-1', 'max.connections.per.ip=5', 'max.connection.creation.rate=20'],
      ...['listener.name.ssl.max.connections=10', 'listener.name.ssl.max.connection.creation.rate=9'],
      ...['num.io.threads=9', 'num.io.threads=1000', 'num.network.threads=4', 'num.recovery.threads.per.data.dir=2'],
      ...['background.threads=12', 'log.retention.bytes=-1', 'log.retention.bytes=-5', 'log.segment.bytes=5'],
      ...['log.cleanup.policy=[compact,delete]', 'log.cleanup.policy=shrink', 'compression.type=zstd'],
      ...['compression.type=brotli', 'min.insync.replicas=1', 'unclean.leader.election.enable=true'],
      ...['unclean.leader.election.enable=perhaps', 'log.message.timestamp.type=LogAppendTime', 'message.max.bytes=0'],
      ...['metric.reporters=', 'log.flush.interval.ms=1000', 'auto.create.topics.enable=false', 'broker.rack=a'],
    ].flatMap(setting => [alter(setting)]),
  },
  {
    name: 'configs: of brokers, those that were set',
    run: [
      alter('max.connections=100,log.cleanup.policy=[compact,delete],compression.type=zstd'),
      line('--alter --broker-defaults --add-config max.connections=200,unclean.leader.election.enable=true'),
      described,
      line('--describe --broker-defaults'),
      line('--describe --broker 1 --entity-type brokers'),
      line('--alter --broker 1 --delete-config max.connections,log.cleanup.policy,compression.type,nonsense'),
      line('--alter --broker-defaults --delete-config max.connections,unclean.leader.election.enable'),
      described,
      line('--describe --broker-defaults'),
    ],
  },
]

export const keys: ToolGroup = { listeners: 'SSL://127.0.0.1:0', begin, settleMs: 700, cases }
