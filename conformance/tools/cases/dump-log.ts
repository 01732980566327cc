/** kafka-dump-log of files that Apache Kafka wrote: of directories that are fixtures of tests, and some of these with damage. */
import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { unpack } from '../../../test/metadata/archive.ts'
import type { ToolCase, ToolDifference, ToolGroup } from '../case.ts'
import { ownHelp, ownVersion } from './shared.ts'

const fixture = (name: string) => new URL(`../../../test/fixtures/${name}`, import.meta.url)
const first = '00000000000000000000'
const formats = [0, 1, 2] as const
/** Those that each format has, and records in a batch of the fixture. */
const codecsOf = {
  0: ['none', 'gzip', 'snappy', 'lz4'],
  1: ['none', 'gzip', 'snappy', 'lz4'],
  2: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
} as const
const recordCount = 3

/** Writes everything that is dumped into the directory of the group. */
function begin(directory: string): Record<string, string> {
  unpack(fixture('kafka-datadir.tar.gz'), directory)
  unpack(fixture('kafka-groups.tar.gz'), join(directory, 'groups'))
  unpack(fixture('kafka-transactions.tar.gz'), join(directory, 'open'))
  const vectors = gunzipSync(readFileSync(fixture('batches.jsonl.gz')))
    .toString()
    .trim()
    .split('\n')
  for (const text of vectors) {
    const { what, compression, hex } = JSON.parse(text) as { what: string; compression: string; hex: string }
    const [, format] = /^magic(\d) n=3$/.exec(what) ?? []
    if (format === undefined) continue
    const place = join(directory, `magic${format}-${compression}`)
    mkdirSync(place)
    writeFileSync(join(place, `${first}.log`), Buffer.from(hex, 'hex'))
  }
  damage(directory)
  return {}
}

function damage(directory: string): void {
  const copy = (name: string, changes: (path: (kind: string) => string) => void) => {
    const place = join(directory, name)
    mkdirSync(place)
    for (const kind of ['log', 'index', 'timeindex'])
      copyFileSync(join(directory, 'plain-0', `${first}.${kind}`), join(place, `${first}.${kind}`))
    changes(kind => join(place, `${first}.${kind}`))
  }
  copy('cut', path => {
    truncateSync(path('log'), 5_000)
    truncateSync(path('index'), 22)
    truncateSync(path('timeindex'), 31)
  })
  copy('wrong', path => {
    const log = readFileSync(path('log'))
    log[70]! ^= 0xff
    writeFileSync(path('log'), log)
    const index = readFileSync(path('index'))
    index.writeInt32BE(index.readInt32BE(8) + 1, 8)
    writeFileSync(path('index'), index)
    const times = readFileSync(path('timeindex'))
    times.writeBigInt64BE(times.readBigInt64BE(0) + 1_000n, 0)
    times.writeInt32BE(times.readInt32BE(20) + 1, 20)
    writeFileSync(path('timeindex'), times)
  })
  copy('lengths', path => {
    const log = readFileSync(path('log'))
    log.writeInt32BE(3, 8)
    writeFileSync(path('log'), log)
  })
}

const inWords = (of: string): ToolDifference => ({
  ...{ of, in: 'stderr', ours: '*', theirs: 'Exception in thread *', by: 'ottla' },
  reason: 'What is wrong with files of a log is said in words, where Kafka’s tool names a class of Java',
})

/** What Kafka 4 has dropped, and we still take. */
const olderName: Omit<ToolDifference, 'in' | 'ours'> = {
  ...{ of: '*kafka.serializer.StringDecoder', by: 'ottla' },
  reason: 'Decoders are taken by their names of before Apache Kafka 4 (`kafka.serializer.StringDecoder`), too',
}

const decoderDifferences: readonly ToolDifference[] = [
  inWords('*api.IntegerDecoder'),
  inWords('*api.LongDecoder'),
  {
    ...{ of: '*DefaultDecoder', in: 'stdout', ours: '*', theirs: '*<object>*', by: 'ottla' },
    reason: '**DefaultDecoder** prints bytes in hexadecimal, where Kafka’s tool prints the address of an object',
  },
  { ...olderName, in: 'code', ours: '0', theirs: '1' },
  { ...olderName, in: 'stdout', ours: '*', theirs: '' },
  { ...olderName, in: 'stderr', ours: '*', theirs: 'Failed to load decoder class' },
]

const dump = (args: string) => `kafka-dump-log ${args}`
const of = (place: string, kind = 'log', name = first) => dump(`--files $GROUP/${place}/${name}.${kind}`)

const cases: readonly ToolCase[] = [
  ...formats.map(
    (format): ToolCase => ({
      name: `dump-log: records of format ${format}, by each codec, ${recordCount} in a batch`,
      run: codecsOf[format].flatMap(codec => [
        of(`magic${format}-${codec}`),
        `${of(`magic${format}-${codec}`)} --print-data-log`,
      ]),
    }),
  ),
  {
    name: 'dump-log: transactions',
    run: [
      `${of('money-0')} --deep-iteration`,
      `${of('money-0')} --print-data-log --max-bytes 900`,
      of('money-0', 'txnindex'),
      of('money-0', 'timeindex'),
      of('money-0', 'snapshot', '00000000000000000056'),
      of('plain-0', 'snapshot', '00000000000000000511'),
      of('compacted-0', 'snapshot', '00000000000000006000'),
      of('open/a-1'),
      of('open/a-1', 'snapshot', '00000000000000000004'),
    ],
  },
  {
    name: 'dump-log: indexes',
    differs: [inWords('*--max-message-size 100')],
    run: [
      of('plain-0', 'index'),
      of('plain-0', 'timeindex'),
      `${of('plain-0', 'index')} --verify-index-only`,
      `${of('plain-0', 'timeindex')} --verify-index-only`,
      `${of('plain-0', 'index')} --index-sanity-check`,
      `${of('plain-0', 'timeindex')} --index-sanity-check`,
      `${of('plain-0', 'index')} --max-message-size 100`,
      `${of('plain-0')} --max-bytes 3000`,
      `${of('plain-0')} --max-bytes 0`,
      dump(`--files $GROUP/money-0/${first}.timeindex,$GROUP/money-0/${first}.txnindex --verify-index-only`),
      of('open/a-0', 'index'),
      of('open/a-0', 'timeindex'),
      `${of('open/a-0', 'index')} --index-sanity-check`,
      `${of('open/a-0', 'timeindex')} --index-sanity-check`,
    ],
  },
  {
    name: 'dump-log: what is damaged',
    run: [
      of('cut'),
      of('cut', 'index'),
      `${of('cut', 'index')} --index-sanity-check`,
      of('cut', 'timeindex'),
      `${of('cut', 'timeindex')} --index-sanity-check`,
      `${of('wrong')} --max-bytes 700`,
      `${of('wrong')} --max-bytes 700 --print-data-log`,
      of('wrong', 'index'),
      `${of('wrong', 'index')} --verify-index-only`,
      `${of('wrong', 'index')} --index-sanity-check`,
      of('wrong', 'timeindex'),
      `${of('wrong', 'timeindex')} --verify-index-only`,
      of('lengths'),
      of('lengths', 'index'),
    ],
  },
  {
    name: "dump-log: Kafka's own topics",
    run: [
      `${of('groups/__consumer_offsets-0')} --offsets-decoder`,
      `${of('groups/__consumer_offsets-1')} --offsets-decoder --skip-record-metadata`,
      `${of('__consumer_offsets-0')} --offsets-decoder`,
      `${of('__transaction_state-0')} --transaction-log-decoder`,
      `${of('__transaction_state-0')} --transaction-log-decoder --skip-record-metadata`,
      `${of('open/__transaction_state-0')} --transaction-log-decoder --max-bytes 2000`,
      `${of('__cluster_metadata-0')} --cluster-metadata-decoder --max-bytes 6000`,
      `${of('__cluster_metadata-0', 'checkpoint', `${first}-0000000000`)} --cluster-metadata-decoder`,
      `${of('__cluster_metadata-0', 'checkpoint', '00000000000000000214-0000000002')} --cluster-metadata-decoder --skip-record-metadata`,
      of('__cluster_metadata-0', 'checkpoint', '00000000000000000214-0000000002'),
      dump('--files $GROUP/bootstrap.checkpoint --cluster-metadata-decoder'),
      `${of('money-0')} --offsets-decoder --max-bytes 300`,
      `${of('money-0')} --transaction-log-decoder --max-bytes 300`,
      `${of('money-0')} --cluster-metadata-decoder --max-bytes 300`,
      `${of('__transaction_state-0')} --offsets-decoder --max-bytes 300`,
      `${of('__consumer_offsets-0')} --transaction-log-decoder`,
      `${of('money-0')} --share-group-state-decoder --max-bytes 300`,
      `${of('money-0')} --remote-log-metadata-decoder --max-bytes 300`,
    ],
  },
  {
    name: 'dump-log: decoders of keys and values',
    differs: decoderDifferences,
    masks: [[/\[B@[0-9a-f]+/g, '<object>']],
    run: [
      `${of('magic2-none')} --print-data-log --skip-record-metadata`,
      `${of('magic2-none')} --skip-record-metadata`,
      `${of('magic2-none')} --print-data-log --key-decoder-class org.apache.kafka.tools.api.StringDecoder`,
      `${of('magic2-none')} --print-data-log --value-decoder-class org.apache.kafka.tools.api.IntegerDecoder`,
      `${of('magic2-none')} --print-data-log --value-decoder-class org.apache.kafka.tools.api.LongDecoder`,
      `${of('magic2-none')} --print-data-log --value-decoder-class org.apache.kafka.tools.api.DefaultDecoder`,
      `${of('magic2-none')} --value-decoder-class kafka.serializer.StringDecoder`,
      `${of('magic2-none')} --key-decoder-class`,
      `${of('magic2-none')} --value-decoder-class no.such.Decoder`,
    ],
  },
  {
    name: 'dump-log: command lines that make no sense',
    files: { 'nonsense.log': 'nothing of a log', 'name.index': '', '5.log': '' },
    differs: [...ownHelp('*--help'), ownVersion('*--version')],
    run: [
      dump(''),
      dump('--files'),
      dump('--print-data-log'),
      dump('--files $DIR/missing.log'),
      dump(`--files $DIR/${first}.log`),
      dump(`--files $DIR/${first}.index`),
      dump(`--files $DIR/${first}.snapshot`),
      dump(`--files $DIR/${first}.txnindex`),
      dump('--files $DIR/nonsense.log'),
      dump('--files $DIR/name.index'),
      dump('--files $DIR/5.log'),
      dump('--files $GROUP/meta.properties'),
      dump('--files $GROUP/plain-0/leader-epoch-checkpoint'),
      dump('--files $GROUP/plain-0/partition.metadata'),
      dump('--files $GROUP/plain-0'),
      `${of('plain-0')} --nonsense`,
      `${of('plain-0')} --max-bytes many`,
      `${of('plain-0')} --max-bytes -1`,
      `${of('plain-0')} --max-bytes`,
      `${of('plain-0', 'index')} --max-message-size many`,
      dump('--help'),
      dump('--version'),
    ],
  },
]

export const dumpLog: ToolGroup = { begin, cases }
