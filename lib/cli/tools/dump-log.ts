/** `ottla dump-log`: what is in files of a log, with the options and output of `kafka-dump-log`. */
import { diskFiles } from '../../../storage/files.ts'
import type { Io } from '../io.ts'
import { dumpLogFile } from './dump-log-batches.ts'
import { type Complaints, newComplaints, tellComplaints } from './dump-log-complaints.ts'
import { decoderOf } from './dump-log-decoders.ts'
import { dumpIndex, dumpSnapshot, dumpTimeIndex, dumpTransactionIndex } from './dump-log-indexes.ts'
import type { DumpOptions } from './dump-log-options.ts'
import { sentenceOf } from './kafka-words.ts'
import { Output } from './output.ts'
import { connectionOptions, type Given, runTool, type Tool, ToolUsageError } from './tool.ts'

const { help, version } = connectionOptions

const options = {
  files: {
    value: 'FILE,...',
    doc: 'files to be read, with commas between: .log, .index, .timeindex, .snapshot, .txnindex, .checkpoint; required',
  },
  'print-data-log': { doc: 'print records, too' },
  'deep-iteration': { doc: 'print what is known of each record, too' },
  'verify-index-only': { doc: 'compare indexes with their logs, and print what does not fit alone' },
  'index-sanity-check': { doc: 'check indexes alone, as a start does' },
  'max-bytes': { value: 'BYTES', doc: 'read no more of a log; 2147483647 where it is not said' },
  'max-message-size': { value: 'BYTES', doc: 'the largest batch that there may be; 5242880 where it is not said' },
  'key-decoder-class': {
    value: 'CLASS',
    isOptional: true,
    doc: 'how keys are read: StringDecoder, IntegerDecoder, LongDecoder or DefaultDecoder',
  },
  'value-decoder-class': { value: 'CLASS', isOptional: true, doc: 'how values are read; the same' },
  'offsets-decoder': { doc: 'read records as those of __consumer_offsets' },
  'transaction-log-decoder': { doc: 'read records as those of __transaction_state' },
  'cluster-metadata-decoder': { doc: 'read records as those of __cluster_metadata' },
  'share-group-state-decoder': { doc: 'read records as those of __share_group_state, of which none is known here' },
  'remote-log-metadata-decoder': { doc: 'read records as those of __remote_log_metadata, of which none is known here' },
  'skip-record-metadata': { doc: 'print keys and values of records alone' },
  json: { doc: 'print JSON lines' },
  help,
  version,
} as const

type Option = keyof typeof options

const tool: Tool<Option> = {
  name: 'dump-log',
  about: 'prints what is in files of a log, and what does not fit together in them',
  example: 'dump-log --files data/orders-0/00000000000000000000.log --print-data-log',
  options,
}

/** Options that ask for records by themselves. */
const decoders = [
  ...(['offsets-decoder', 'transaction-log-decoder', 'cluster-metadata-decoder', 'share-group-state-decoder'] as const),
  ...(['remote-log-metadata-decoder', 'key-decoder-class', 'value-decoder-class'] as const),
] satisfies Option[]

const [bytesMaxUsual, messageBytesMaxUsual] = [2_147_483_647, 5_242_880]

/** Carries out a command line; gives the exit code. */
export function kafkaDumpLog(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool as Tool<Option | keyof typeof connectionOptions>,
    argv,
    io,
    async given => {
      if (!given.has('files')) throw new ToolUsageError('Missing required argument "[files]"')
      const complaints = newComplaints()
      const output = new Output(io.stdout)
      try {
        for (const file of given.one('files')!.split(',')) await dumpFile(file, given, complaints, output, io)
      } finally {
        await output.end()
      }
      tellComplaints(complaints, line => io.stderr.write(`${line}\n`))
      return 0
    },
    error => io.stderr.write(`${sentenceOf(error)}\n`),
  )
}

function askedBy(given: Given<Option>): DumpOptions {
  const withRecords = given.has('print-data-log') || decoders.some(option => given.has(option))
  return {
    isDeep: withRecords || given.has('deep-iteration'),
    decoder: withRecords ? decoderOf(given) : null,
    withoutMetadata: given.has('skip-record-metadata'),
    bytesMax: given.int('max-bytes') ?? bytesMaxUsual,
    messageBytesMax: given.int('max-message-size') ?? messageBytesMaxUsual,
    onlyVerify: given.has('verify-index-only'),
    onlySane: given.has('index-sanity-check'),
    isJson: given.has('json'),
  }
}

async function dumpFile(
  file: string,
  given: Given<Option>,
  complaints: Complaints,
  output: Output,
  io: Io,
): Promise<void> {
  if (!given.has('json')) output.text(`Dumping ${file}\n`)
  const asked = askedBy(given)
  const name = file.slice(file.lastIndexOf('/') + 1)
  const suffix = name.slice(Math.max(0, name.lastIndexOf('.')))
  if (suffix === '.log' || suffix === '.checkpoint') await dumpLogFile(diskFiles, file, asked, complaints, output)
  else if (suffix === '.index') dumpIndex(diskFiles, file, asked, complaints, output)
  else if (suffix === '.timeindex') dumpTimeIndex(diskFiles, file, asked, complaints, output)
  else if (suffix === '.snapshot') dumpSnapshot(diskFiles, file, asked, output, line => io.stderr.write(`${line}\n`))
  else if (suffix === '.txnindex') dumpTransactionIndex(diskFiles, file, asked, output)
  else io.stderr.write(`Ignoring unknown file ${file}\n`)
  await output.drained()
}
