/** Keys and values of records as JSON: text, hex, or the message that a topic of the broker's own keeps there. */
import { decodeExact } from '../../protocol/codec.ts'
import { type Json, toJson } from '../../protocol/json.ts'
import { controlTypeOf } from '../../protocol/records/control.ts'
import type { Message } from '../../protocol/schema.ts'
import { metadataRecords, readMetadataRecord } from '../../protocol/stored/cluster-metadata/index.ts'
import { groupRecords, type KeyedRecords, transactionRecords } from '../../protocol/stored/coordinator-records.ts'

/** A key and a value, each under its own name: `key`, or `keyHex` where it is no text. */
export type ShownRecord = Record<string, unknown>

/** Shows a record of a topic; what cannot be decoded is shown as bytes, with the reason. */
export function showRecord(topic: string, control: boolean, key: Buffer | null, value: Buffer | null): ShownRecord {
  try {
    if (control) return { control: controlTypeOf(key), ...bytesOf('key', key), ...bytesOf('value', value) }
    const kinds =
      topic === '__consumer_offsets' ? groupRecords : topic === '__transaction_state' ? transactionRecords : null
    if (kinds !== null && key !== null) return keyed(kinds, key, value)
    if (topic === '__cluster_metadata' && value !== null) return { ...bytesOf('key', key), ...metadata(value) }
  } catch (error) {
    return { ...bytesOf('key', key), ...bytesOf('value', value), error: (error as Error).message }
  }
  return { ...bytesOf('key', key), ...bytesOf('value', value) }
}

function keyed(kinds: KeyedRecords, key: Buffer, value: Buffer | null): ShownRecord {
  const kind = kinds[key.readInt16BE(0)]
  if (kind === undefined) return { ...bytesOf('key', key), ...bytesOf('value', value), error: 'a key of unknown type' }
  return {
    key: decoded(kind.key, 0, key),
    value: value === null ? null : decoded(kind.value, value.readInt16BE(0), value),
  }
}

/** The message behind two bytes, in the form of `ottla protocol decode`. */
function decoded(message: Message, version: number, bytes: Buffer): Json {
  const json = toJson(message, version, decodeExact(message, version, bytes.subarray(2)))
  return { message: message.name, version, json }
}

function metadata(value: Buffer): ShownRecord {
  const record = readMetadataRecord(value)
  if (record === null) return bytesOf('value', value)
  const message = metadataRecords[record.kind]
  // Frame, type and version are one byte each, as long as they are below 128.
  const version = value[2]
  return { value: { message: message.name, version, json: toJson(message, version, record.value) } }
}

/** Bytes as text where that says all of them, else as hex. */
export function bytesOf(name: string, bytes: Buffer | null): ShownRecord {
  if (bytes === null) return { [name]: null }
  const text = bytes.toString('utf8')
  const faithful = !/[\p{Cc}\ufffd]/u.test(text.replace(/[\t\n\r]/g, '')) && Buffer.byteLength(text) === bytes.length
  return faithful ? { [name]: text } : { [`${name}Hex`]: bytes.toString('hex') }
}
