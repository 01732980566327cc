/** kafka-console-producer and kafka-console-consumer. */
import type { Invocation, ToolCase, ToolDifference, ToolGroup } from '../case.ts'
import { ownHelp, ownVersion } from './shared.ts'

const produce = (args: string, stdin: string): Invocation => ({
  run: `kafka-console-producer --bootstrap-server $BOOTSTRAP ${args}`,
  stdin,
})
const consume = (args: string) => `kafka-console-consumer --bootstrap-server $BOOTSTRAP ${args}`
const badProduce = (args: string) => `kafka-console-producer ${args}`
const badConsume = (args: string) => `kafka-console-consumer ${args}`

/** Kafka's consumer logs at its start that there is another protocol of groups. */
const noAdvertisement: ToolDifference = {
  of: 'kafka-console-consumer *',
  in: 'stderr',
  ours: '',
  theirs: 'The consumer rebalance protocol (KIP-848) is production-ready!*',
  by: 'ottla',
  reason: 'What the Java client logs of itself is not said',
}
const said = (of: string, ours = '*', theirs = '*', part: 'code' | 'stdout' | 'stderr' = 'stderr'): ToolDifference => ({
  ...{ of, in: part, ours, theirs, by: 'ottla' },
  reason: 'What is wrong with a command line is said in words, where Kafka logs it or names a class of Java',
})

const cases: readonly ToolCase[] = [
  {
    name: 'console: lines become records, and records lines',
    differs: [noAdvertisement],
    prepare: world => world.topic('orders'),
    run: [
      produce('--topic orders', 'one\ntwo\r\nthree\n\nfünf'),
      consume('--topic orders --from-beginning --max-messages 5'),
      consume('--topic orders --partition 0 --offset 2 --max-messages 2'),
      consume('--topic orders --partition 0 --offset earliest --max-messages 1'),
      consume('--topic orders --partition 0 --from-beginning --max-messages 1'),
      consume('--topic orders --from-beginning --timeout-ms 3000'),
      consume('--topic orders --partition 0 --offset latest --timeout-ms 2000'),
      consume('--topic orders --from-beginning --max-messages 0'),
      consume(
        '--topic orders --from-beginning --max-messages 5 --formatter org.apache.kafka.tools.consumer.NoOpMessageFormatter',
      ),
      consume('--include "or.*" --from-beginning --max-messages 5'),
    ],
  },
  {
    name: 'console: keys, headers and nulls',
    differs: [
      noAdvertisement,
      {
        ...{ of: '*print.epoch=true', in: 'stdout', ours: 'Epoch:0*', theirs: 'Epoch:NOT_PRESENT*', by: 'ottla' },
        reason: '**print.epoch** prints the epoch, which Kafka’s console consumer loses on the way to its formatter',
      },
    ],
    prepare: world => world.topic('orders'),
    run: [
      produce('--topic orders --reader-property parse.key=true', 'a\t1\nb\t2\nc\t\n'),
      produce('--topic orders --reader-property parse.key=true --reader-property key.separator=::', 'a::1\nb::2::3\n'),
      produce('--topic orders --reader-property parse.headers=true', 'h1:v1,h2:v2\tvalue\n'),
      produce(
        '--topic orders --reader-property parse.headers=true --reader-property parse.key=true --reader-property null.marker=NULL',
        'h1:NULL\tk\tNULL\nNULL\tNULL\tv\n',
      ),
      produce('--topic orders --reader-property parse.key=true --reader-property ignore.error=true', 'no key\n'),
      produce('--topic orders --reader-property parse.key=true', 'good\t1\nno key\nafter\t2\n'),
      produce('--topic orders --reader-property parse.headers=true', 'h1\tvalue\n'),
      produce('--topic orders --reader-property parse.headers=true --reader-property null.marker=N', 'N:v\tvalue\n'),
      consume(
        '--topic orders --from-beginning --max-messages 8 --formatter-property print.key=true --formatter-property print.headers=true',
      ),
      consume(
        '--topic orders --from-beginning --max-messages 4 --formatter-property print.partition=true --formatter-property print.offset=true --formatter-property print.key=true --formatter-property print.value=false',
      ),
      consume(
        '--topic orders --from-beginning --max-messages 8 --formatter-property print.key=true --formatter-property key.separator=" | " --formatter-property null.literal=NIX --formatter-property line.separator=# --formatter-property print.headers=true --formatter-property headers.separator=/',
      ),
      consume('--topic orders --from-beginning --max-messages 2 --formatter-property print.value=false'),
      consume('--topic orders --from-beginning --max-messages 2 --formatter-property print.epoch=true'),
    ],
  },
  {
    name: 'console: timestamps',
    differs: [noAdvertisement],
    prepare: world => world.topic('orders'),
    masks: [[/CreateTime:\d+/g, 'CreateTime:<time>']],
    run: [
      produce('--topic orders', 'one\n'),
      consume('--topic orders --from-beginning --max-messages 1 --formatter-property print.timestamp=true'),
    ],
  },
  {
    name: 'console: deserializers',
    differs: [said('*--max-messages 1 --formatter-property value.deserializer=*'), noAdvertisement],
    prepare: async world => {
      await world.topic('numbers')
      await world.produce('numbers', ['\0\0\0\u0007'])
    },
    run: [
      consume(
        '--topic numbers --from-beginning --max-messages 1 --value-deserializer org.apache.kafka.common.serialization.IntegerDeserializer',
      ),
      consume(
        '--topic numbers --from-beginning --max-messages 1 --formatter-property value.deserializer=org.apache.kafka.common.serialization.LongDeserializer',
      ),
      consume(
        '--topic numbers --from-beginning --max-messages 1 --skip-message-on-error --formatter-property value.deserializer=org.apache.kafka.common.serialization.LongDeserializer',
      ),
    ],
  },
  {
    name: 'console: codecs, acks and the like',
    differs: [noAdvertisement],
    prepare: world => world.topic('orders'),
    run: [
      produce('--topic orders --compression-codec', 'gzip\n'),
      produce('--topic orders --compression-codec zstd', 'zstd\n'),
      produce('--topic orders --compression-codec=lz4 --request-required-acks 1', 'lz4\n'),
      produce('--topic orders --compression-codec snappy --request-required-acks 0', 'snappy\n'),
      produce('--topic orders --sync', 'sync\n'),
      produce('--topic orders --command-property linger.ms=0 --command-property acks=all --batch-size 100', 'all\n'),
      produce('--topic orders --compression-codec brotli', 'brotli\n'),
      produce('--topic orders --request-required-acks 2', 'acks\n'),
      consume('--topic orders --from-beginning --max-messages 6'),
    ],
  },
  {
    name: 'console: groups',
    differs: [noAdvertisement],
    prepare: world => world.topic('orders'),
    run: [
      produce('--topic orders', '1\n2\n3\n4\n5\n'),
      consume('--topic orders --group g --from-beginning --max-messages 2'),
      consume('--topic orders --group g --from-beginning --max-messages 2'),
      consume('--topic orders --command-property group.id=g --max-messages 1'),
      consume('--topic orders --group g --timeout-ms 3000'),
      consume('--topic orders --group g --command-property group.id=other'),
      consume('--topic orders --group g --partition 0'),
    ],
  },
  {
    name: 'console: older words',
    differs: [noAdvertisement],
    prepare: world => world.topic('orders'),
    files: { 'client.properties': 'client.id=someone\n' },
    run: [
      produce('--topic orders --property parse.key=true', 'a\t1\n'),
      produce('--topic orders --producer-property acks=1 --producer.config $DIR/client.properties', '2\n'),
      produce('--topic orders --max-partition-memory-bytes 1000', '3\n'),
      consume('--topic orders --from-beginning --max-messages 1 --property print.key=true'),
      consume(
        '--topic orders --from-beginning --max-messages 1 --consumer-property client.id=x --consumer.config $DIR/client.properties',
      ),
      produce('--topic orders --property a=b --reader-property c=d', ''),
      produce('--topic orders --producer-property a=b --command-property c=d', ''),
      consume('--topic orders --property a=b --formatter-property c=d'),
      consume('--topic orders --consumer.config $DIR/client.properties --command-config $DIR/client.properties'),
    ],
  },
  {
    name: 'console: command lines that make no sense',
    differs: [
      said('kafka-console-producer --topic orders'),
      said('*--line-reader no.such.Reader'),
      said('*--max-messages many'),
      said('*--formatter no.such.Formatter'),
      said('*--isolation-level some'),
      {
        ...{ of: '*--nonsense', in: 'stderr', ours: '', theirs: '<help>', by: 'ottla' },
        reason: 'An option that there is not is named, without all those that there are',
      },
    ],
    prepare: world => world.topic('orders'),
    run: [
      badProduce('--topic orders'),
      badProduce('--bootstrap-server $BOOTSTRAP'),
      badProduce('--bootstrap-server $BOOTSTRAP --topic orders --nonsense'),
      badProduce('--bootstrap-server $BOOTSTRAP --topic orders --timeout abc'),
      badProduce('--bootstrap-server $BOOTSTRAP --topic orders --line-reader no.such.Reader'),
      badProduce('--bootstrap-server $BOOTSTRAP --topic orders --reader-property =x'),
      badProduce('--bootstrap-server $BOOTSTRAP --topic orders --reader-property headers.separator=: '),
      badProduce('--bootstrap-server nonsense --topic orders'),
      badConsume('--topic orders'),
      badConsume('--bootstrap-server $BOOTSTRAP'),
      badConsume('--bootstrap-server $BOOTSTRAP --topic a --include b'),
      badConsume('--bootstrap-server $BOOTSTRAP --topic orders --offset 5'),
      badConsume('--bootstrap-server $BOOTSTRAP --include o --partition 0'),
      badConsume('--bootstrap-server $BOOTSTRAP --topic orders --partition 0 --offset -5'),
      badConsume('--bootstrap-server $BOOTSTRAP --topic orders --partition 0 --offset x'),
      badConsume('--bootstrap-server $BOOTSTRAP --topic orders --partition 0 --offset 1 --from-beginning'),
      badConsume('--bootstrap-server $BOOTSTRAP --topic orders --max-messages many'),
      badConsume('--bootstrap-server $BOOTSTRAP --topic orders --formatter no.such.Formatter'),
      badConsume(
        '--bootstrap-server $BOOTSTRAP --topic orders --from-beginning --command-property auto.offset.reset=latest',
      ),
      badConsume('--bootstrap-server $BOOTSTRAP --topic orders --isolation-level some'),
    ],
  },
  {
    name: 'console: help and version',
    differs: [
      ...ownHelp('kafka-console-producer --help'),
      ...ownHelp('kafka-console-consumer --help'),
      ownVersion('*--version'),
    ],
    run: [badProduce('--help'), badProduce('--version'), badConsume('--help'), badConsume('--version')],
  },
]

const internalCases: readonly ToolCase[] = [
  {
    name: 'console: internal topics',
    prepare: async world => {
      await world.topic('orders')
      await world.commit('shown', 'orders', 0, 5)
    },
    masks: [
      [/"(commitTimestamp|expireTimestamp)":-?\d+/g, '"$1":<time>'],
      [/"topicId":"[\w-]{22}"/g, '"topicId":"<id>"'],
      [/total of \d+ messages/g, 'total of <some> messages'],
    ],
    differs: [noAdvertisement],
    run: [
      consume(
        '--topic __consumer_offsets --from-beginning --timeout-ms 3000 --formatter org.apache.kafka.tools.consumer.OffsetsMessageFormatter',
      ),
    ],
  },
]

export const consoleTools: Readonly<Record<string, ToolGroup>> = {
  console: { cases },
  'console-internal': { cases: internalCases },
}
