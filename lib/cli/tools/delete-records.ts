/** `ottla delete-records`: lets go of records before an offset, with the options and output of `kafka-delete-records`. */
import { codeName, isRetriable } from '../../../protocol/errors.ts'
import type { Admin } from '../../admin/admin.ts'
import { deleteRecords } from '../../admin/offsets.ts'
import type { Io } from '../io.ts'
import { field, objectIn, textIn } from './json-file.ts'
import { sentenceOf, thrownAs } from './kafka-words.ts'
import { connectionOptions, runTool, type Tool, ToolUsageError, withAdmin } from './tool.ts'

const options = {
  'offset-json-file': {
    value: 'FILE',
    doc: '{"partitions": [{"topic": "orders", "partition": 0, "offset": 7}], "version": 1}; offset -1 stands for all',
  },
  json: { doc: 'print one JSON array' },
  ...connectionOptions,
} as const

const tool: Tool<keyof typeof options> = {
  name: 'delete-records',
  about: 'deletes records of partitions before an offset',
  example: 'delete-records --bootstrap-server localhost:9092 --offset-json-file offsets.json',
  options,
}

interface Before {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Carries out a command line; gives the exit code. */
export function kafkaDeleteRecords(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool,
    argv,
    io,
    async given => {
      for (const name of ['bootstrap-server', 'offset-json-file'] as const)
        if (!given.has(name)) throw new ToolUsageError(`Missing required argument "[${name}]"`)
      const offsets = offsetsIn(textIn(given.one('offset-json-file')!))
      await withAdmin(given, admin => (given.has('json') ? asJson : carryOut)(admin, offsets, io))
      return 0
    },
    error => io.stderr.write(`${sentenceOf(error)}\n`),
  )
}

async function carryOut(admin: Admin, offsets: readonly Before[], io: Io): Promise<void> {
  io.stdout.write('Executing records delete operation\n')
  const results = await deleteRecords(admin, offsets)
  io.stdout.write('Records delete operation completed:\n')
  for (const { topic, partition, errorCode, value } of results) {
    io.stdout.write(
      errorCode === 0
        ? `partition: ${topic}-${partition}\tlow_watermark: ${value}\n`
        : `partition: ${topic}-${partition}\terror: ${thrownAs(errorCode)}${isRetriable(errorCode) ? ' It was tried again in vain.' : ''}\n`,
    )
  }
}

async function asJson(admin: Admin, offsets: readonly Before[], io: Io): Promise<void> {
  const rows = (await deleteRecords(admin, offsets)).map(({ topic, partition, errorCode, value }) => ({
    ...{ topic, partition },
    ...(errorCode === 0 ? { lowWatermark: value } : { error: codeName(errorCode) }),
  }))
  io.stdout.write(`${JSON.stringify(rows)}\n`)
}

function offsetsIn(text: string): Before[] {
  const object = objectIn(text)
  if (object === null) throw new Error('The input string is not a valid JSON')
  const version = object.version ?? 1
  if (version !== 1) throw new Error(`Not supported version field value ${String(version)}`)
  const offsets = field(object, 'partitions', 'array').map(each => ({
    topic: field(each, 'topic', 'string'),
    partition: field(each, 'partition', 'number'),
    offset: field(each, 'offset', 'number'),
  }))
  const names = offsets.map(({ topic, partition }) => `${topic}-${partition}`)
  const twice = new Set(names.filter((name, at) => names.indexOf(name) !== at))
  if (twice.size > 0) throw new Error(`Offset json file contains duplicate topic partitions: ${[...twice].join(',')}`)
  return offsets
}
