/** How kafka-dump-log reads keys and values: as text and numbers, or as records of Kafka's own topics. */
import { decode, decodeExact } from '../../../protocol/codec.ts'
import { type Json, toJson } from '../../../protocol/json.ts'
import { stringifyExact } from '../../../protocol/json-text.ts'
import type { RecordView } from '../../../protocol/records/batch.ts'
import type { Message } from '../../../protocol/schema.ts'
import { ClientQuotaRecord } from '../../../protocol/stored/cluster-metadata/client-quota-record.ts'
import { metadataRecords, readMetadataRecord } from '../../../protocol/stored/cluster-metadata/index.ts'
import { readPassingRecord } from '../../../protocol/stored/cluster-metadata/passing-records.ts'
import { ConsumerProtocolAssignment } from '../../../protocol/stored/consumer-protocol-assignment.ts'
import { ConsumerProtocolSubscription } from '../../../protocol/stored/consumer-protocol-subscription.ts'
import { groupRecords, type KeyedRecords, transactionRecords } from '../../../protocol/stored/coordinator-records.ts'
import { GroupMetadataValue } from '../../../protocol/stored/group-metadata.ts'
import { TransactionLogValue } from '../../../protocol/stored/transaction-log.ts'
import { asDouble } from './doubles.ts'
import type { Given } from './tool.ts'

/** Null where there is nothing to be printed. */
export type LogDecoder = (record: RecordView) => { readonly key: string | null; readonly value: string | null }

type DecoderOption =
  | `${'offsets' | 'transaction-log' | 'cluster-metadata' | 'share-group-state' | 'remote-log-metadata'}-decoder`
  | `${'key' | 'value'}-decoder-class`

const versionBytes = 2

/** By what is asked for, in Kafka's order where that is more than one. Throws an Error where a class is not known. */
export function decoderOf(given: Given<DecoderOption>): LogDecoder {
  if (given.has('offsets-decoder')) return keyed(groupRecords)
  if (given.has('transaction-log-decoder')) return keyed(transactionRecords)
  if (given.has('cluster-metadata-decoder')) return metadata
  if (given.has('remote-log-metadata-decoder')) return remote
  if (given.has('share-group-state-decoder')) return keyed({})
  const [ofKeys, ofValues] = [classOf(given.one('key-decoder-class')), classOf(given.one('value-decoder-class'))]
  return ({ key, value }) => ({ key: key && ofKeys(key), value: value && ofValues(value) })
}

/** What Kafka has beside its tools, by the last word of the class. */
const classes: Readonly<Record<string, (bytes: Buffer) => string>> = {
  StringDecoder: bytes => bytes.toString('utf8'),
  IntegerDecoder: bytes => String(wide(bytes, 4, 'Integer').readInt32BE(0)),
  LongDecoder: bytes => String(wide(bytes, 8, 'Long').readBigInt64BE(0)),
  DefaultDecoder: bytes => bytes.toString('hex'),
}

function wide(bytes: Buffer, least: number, what: string): Buffer {
  if (bytes.length < least) throw new Error(`${bytes.length} bytes are no ${what}, which takes ${least}`)
  return bytes
}

function classOf(name = ''): (bytes: Buffer) => string {
  const decoder =
    classes[name === '' ? 'StringDecoder' : name.replace(/^(?:org\.apache\.kafka\.tools\.api|kafka\.serializer)\./, '')]
  if (decoder === undefined) throw new Error('Failed to load decoder class')
  return decoder
}

function keyed(kinds: KeyedRecords): LogDecoder {
  return ({ key, value, offset }) => {
    if (key === null)
      throw new Error(
        `Failed to decode message at offset ${offset} using the specified decoder (message had a missing key)`,
      )
    try {
      if (key.length < versionBytes) throw new Error("Could not read version from key's buffer.")
      const type = key.readInt16BE(0)
      const kind = kinds[type]
      if (kind === undefined) return { key: `Unknown record type ${type} at offset ${offset}, skipping.`, value: null }
      const shownKey = { type: String(type), data: dataOf(kind.key, 'key', type, key) }
      if (value === null) return { key: stringifyExact(shownKey), value: '<DELETE>' }
      const version = value.readInt16BE(0)
      const data = dataOf(kind.value, 'value', version, value)
      const shown = shownOf(kind.value, data)
      return { key: stringifyExact(shownKey), value: stringifyExact({ version: String(version), data: shown }) }
    } catch (error) {
      return { key: `Error at offset ${offset}, skipping. ${(error as Error).message}`, value: null }
    }
  }
}

/** The version of a key is its type, and it has one form. */
function dataOf(message: Message, part: 'key' | 'value', version: number, bytes: Buffer): Json {
  const form = part === 'key' ? 0 : version
  try {
    return toJson(message, form, decodeExact(message, form, bytes.subarray(versionBytes)))
  } catch {
    throw new Error(`Could not read record with version ${version} from ${part}'s buffer due to: null.`)
  }
}

/** By the numbers in which they are stored. */
const transactionStates = [
  ...['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort', 'Dead'],
  'PrepareEpochFence',
]

/** What is said in other words than it is stored. */
function shownOf(message: Message, data: Json): unknown {
  if (message === GroupMetadataValue) return withMembers(data)
  if (message !== TransactionLogValue) return data
  const { transactionStatus } = data as unknown as { readonly transactionStatus: number }
  const named = transactionStates[transactionStatus] ?? transactionStatus
  return Object.fromEntries(
    Object.entries(data as object).map(([name, value]) => [name, name === 'transactionStatus' ? named : value]),
  )
}

interface StoredMember {
  readonly subscription: string
  readonly assignment: string
}

/** What members of a group of consumers say to each other, read as far as it can be. */
function withMembers(data: Json): unknown {
  const group = data as unknown as { readonly protocolType: string; readonly members: readonly StoredMember[] }
  if (group.protocolType !== 'consumer') return data
  const members = group.members.map(member => ({
    ...member,
    subscription: inside(ConsumerProtocolSubscription, member.subscription),
    assignment: inside(ConsumerProtocolAssignment, member.assignment),
  }))
  return { ...group, members }
}

function inside(message: Message, base64: string): unknown {
  try {
    const bytes = Buffer.from(base64, 'base64')
    const version = bytes.readInt16BE(0)
    return toJson(message, version, decode(message, version, bytes, versionBytes))
  } catch {
    return base64
  }
}

const metadata: LogDecoder = ({ value, offset }) => {
  try {
    if (value === null) throw new Error('it has no value')
    checkFrame(value)
    const { message, value: fields } = readPassingRecord(value) ?? lastingRecord(value)
    // Frame, type and version are one byte each, as long as they are below 128.
    const version = value[2]!
    const type = message.name.replaceAll(/(?<!^)(?=[A-Z])/g, '_').toUpperCase()
    const text = stringifyExact({ type, version, data: toJson(message, version, fields) })
    return { key: null, value: message === ClientQuotaRecord ? withDouble(text) : text }
  } catch (error) {
    return { key: null, value: `Error at ${offset}, skipping. ${(error as Error).message}` }
  }
}

function checkFrame(value: Buffer): void {
  const frame = value[0] ?? 0
  if (frame !== 1)
    throw new Error(
      `Could not deserialize metadata record due to unknown frame version ${frame}(only frame version 1 is supported)`,
    )
}

function lastingRecord(bytes: Buffer): { readonly message: Message; readonly value: object } {
  const record = readMetadataRecord(bytes)
  if (record === null) throw new Error('it is of a kind that is not known here')
  return { message: metadataRecords[record.kind], value: record.value }
}

/** The limit of a quota as Java writes it. */
function withDouble(text: string): string {
  return text.replace(
    /"value":(-?[\d.e+-]+)(?=,"remove":)/,
    (_all, number: string) => `"value":${asDouble(Number(number))}`,
  )
}

const remote: LogDecoder = ({ value, offset }) => {
  try {
    checkFrame(value ?? Buffer.alloc(0))
    throw new Error('metadata of remote logs are not known here')
  } catch (error) {
    return { key: null, value: `Error at offset ${offset}, skipping. ${(error as Error).message}` }
  }
}
