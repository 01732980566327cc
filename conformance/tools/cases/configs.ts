/** kafka-configs, but for users. */
import type { ToolCase, ToolGroup } from '../case.ts'
import { ownHelp, ownVersion, ownWords, saidInstead } from './shared.ts'

const line = (args: string) => `kafka-configs --bootstrap-server $BOOTSTRAP ${args}`

const refused = ownWords('stderr')

/** Gives up on a broker that is not there before a minute is over. */
const impatient = '--command-config $DIR/impatient.properties'
const files = { 'impatient.properties': 'default.api.timeout.ms=2000\nrequest.timeout.ms=1000\n' }

const cases: readonly ToolCase[] = [
  {
    name: 'configs: of a topic',
    prepare: world => world.topic('orders'),
    run: [
      line('--describe --entity-type topics --entity-name orders'),
      line(
        '--alter --entity-type topics --entity-name orders --add-config retention.ms=60000,cleanup.policy=[compact,delete]',
      ),
      line('--describe --entity-type topics --entity-name orders'),
      line('--describe --topic orders'),
      line('--alter --topic orders --delete-config retention.ms'),
      line('--describe --topic orders'),
      line('--alter --topic orders --add-config flush.ms=5 --delete-config cleanup.policy'),
      line('--describe --topic orders'),
      line('--alter --topic orders --add-config-file $DIR/add.properties'),
      line('--describe --topic orders'),
      line('--describe --topic orders --all'),
    ],
    files: { 'add.properties': 'max.message.bytes=2000\n# a remark\nsegment.bytes = 1048576\n' },
  },
  {
    name: 'configs: of a topic, refused',
    differs: [refused],
    prepare: world => world.topic('orders'),
    run: [
      line('--alter --topic orders --add-config nonsense=1'),
      line('--alter --topic orders --add-config retention.ms=abc'),
      line('--alter --topic orders --add-config retention.ms=-2'),
      line('--alter --topic orders --add-config retention.ms'),
      line('--alter --topic orders --add-config =5'),
      line('--alter --topic orders --add-config retention.ms='),
      line('--alter --topic orders --delete-config nonsense'),
      line('--alter --topic orders --delete-config retention.ms'),
      line('--alter --topic missing --add-config retention.ms=5'),
      line('--describe --topic missing'),
      line('--alter --topic orders'),
      line('--alter --entity-type topics --add-config retention.ms=5'),
      line('--alter --topic orders --add-config retention.ms=5 --add-config-file $DIR/add.properties'),
      line('--alter --topic orders --add-config-file $DIR/missing.properties'),
      line('--alter --topic orders --all --add-config retention.ms=5'),
      line('--describe --topic orders --add-config retention.ms=5'),
      line('--alter --topic orders --add-config retention.ms=5,retention.ms=6'),
      line('--alter --topic orders --add-config retention.ms=5 --delete-config retention.ms'),
      line('--alter --topic orders --add-config retention.ms=5=6'),
      line('--alter --topic orders --add-config " retention.ms = 7 , flush.ms=8,"'),
      line('--alter --topic orders --delete-config " retention.ms , flush.ms "'),
      line('--alter --topic orders --add-config cleanup.policy=compact,delete'),
      line('--alter --topic orders --delete-config ""'),
      line('--alter --topic orders --add-config ""'),
      line('--describe --topic missing --all'),
      line('--describe --topic "or.*"'),
      line('--describe --topic orders'),
    ],
    files: { 'add.properties': 'max.message.bytes=2000\n' },
  },
  {
    name: 'configs: of all topics',
    prepare: async world => {
      await world.topic('a')
      await world.topic('b', 1, { 'retention.ms': '5000' })
    },
    run: [
      { run: line('--describe --entity-type topics'), unordered: true },
      line('--describe --entity-type topics --entity-name b'),
    ],
  },
  {
    name: 'configs: of brokers',
    differs: [ownWords('stderr', '', 'ottla')],
    run: [
      line('--describe --entity-type brokers --entity-name 1'),
      line('--describe --broker 1'),
      line('--alter --broker 1 --add-config log.retention.ms=100000'),
      line('--describe --broker 1'),
      line(
        '--alter --entity-type brokers --entity-default --add-config log.retention.ms=200000,message.max.bytes=2000000',
      ),
      line('--describe --entity-type brokers --entity-default'),
      line('--describe --broker-defaults'),
      line('--describe --broker 1'),
      line('--alter --broker 1 --delete-config log.retention.ms'),
      line('--alter --broker-defaults --delete-config log.retention.ms,message.max.bytes'),
      line('--describe --broker 1'),
      line('--describe --entity-type brokers'),
      line('--alter --broker 1 --add-config log.cleaner.threads=2,background.threads=20'),
      line('--alter --broker 1 --add-config-file $DIR/add.properties'),
      line('--describe --broker 1'),
      line('--alter --broker 1 --delete-config log.cleaner.threads,background.threads,log.retention.ms'),
      line('--describe --broker-logger 7 --all --command-config $DIR/impatient.properties'),
      line('--describe --broker-defaults --all'),
    ],
    files: { ...files, 'add.properties': 'log.retention.ms=300000\n' },
  },
  {
    name: 'configs: of brokers, refused',
    differs: [refused],
    files,
    run: [
      line('--alter --broker 1 --add-config node.id=5'),
      line('--alter --broker 1 --add-config num.io.threads=abc'),
      line('--alter --broker 1 --add-config num.io.threads=0'),
      line('--alter --broker 1 --add-config nonsense=abc'),
      line('--alter --broker-defaults --add-config log.cleaner.threads=-1'),
      line(`--alter --broker 7 --add-config log.retention.ms=5 ${impatient}`),
      line(`--describe --broker 7 ${impatient}`),
      line('--describe --broker one'),
      line('--alter --broker one --add-config log.retention.ms=5'),
      line('--alter --entity-type brokers --add-config log.retention.ms=5'),
      line('--alter --broker 1 --delete-config log.retention.ms'),
    ],
  },
  {
    name: 'configs: of groups',
    differs: [refused],
    run: [
      line('--alter --group readers --add-config consumer.session.timeout.ms=50000'),
      line('--describe --group readers'),
      line('--describe --entity-type groups'),
      line('--alter --group readers --add-config nonsense=1'),
      line('--alter --group readers --add-config consumer.session.timeout.ms=1'),
      line('--alter --group readers --delete-config consumer.session.timeout.ms'),
      line('--describe --group readers'),
      line('--describe --group unknown'),
    ],
  },
  {
    name: 'configs: of client metrics',
    differs: [refused],
    run: [
      line(
        '--alter --client-metrics all --add-config interval.ms=5000,metrics=[org.apache.kafka.producer.,org.apache.kafka.consumer.]',
      ),
      line('--describe --client-metrics all'),
      line('--describe --entity-type client-metrics'),
      line('--alter --client-metrics all --add-config interval.ms=1'),
      line('--alter --client-metrics all --add-config match=[nonsense=1]'),
      line('--alter --client-metrics all --delete-config interval.ms,metrics'),
      line('--describe --client-metrics unknown'),
    ],
  },
  {
    name: 'configs: of broker loggers',
    differs: [refused],
    files,
    run: [
      line(`--describe --broker-logger 7 ${impatient}`),
      line('--alter --broker-logger 1 --add-config kafka.nonsense=DEBUG'),
      line('--alter --broker-logger 1 --add-config root=LOUD'),
      line('--alter --entity-type broker-loggers --add-config root=INFO'),
    ],
  },
  {
    name: 'configs: command lines that make no sense',
    differs: [...ownHelp('*--help'), ownVersion('*--version'), saidInstead('*--zookeeper*')],
    run: [
      line(''),
      line('--describe'),
      line('--describe --alter'),
      line('--alter'),
      line('--describe --entity-type nonsense'),
      line('--describe --entity-type topics --entity-type topics'),
      line('--describe --entity-name a'),
      line('--describe --topic a --entity-type topics'),
      line('--describe --topic a --broker 1'),
      line('--describe --entity-type topics --entity-default'),
      line('--describe --nonsense'),
      'kafka-configs --describe --topic a',
      'kafka-configs',
      'kafka-configs --version',
      'kafka-configs --help',
      'kafka-configs --zookeeper localhost:2181 --describe --topic a',
    ],
  },
]

export const configs: ToolGroup = { cases }
