/** Records of the broker's own topics as JSON, as Kafka's formatters of them print it: one object a line. */
import { decodeExact } from '../../../protocol/codec.ts'
import { toJson } from '../../../protocol/json.ts'
import type { Message } from '../../../protocol/schema.ts'
import { groupRecords, type KeyedRecords, transactionRecords } from '../../../protocol/stored/coordinator-records.ts'
import { groupRecordTypes as groups, transactionRecordTypes } from '../../../protocol/stored/record-types.ts'
import type { Formatter } from './formatter.ts'

/** What each part holds, as numbers of records. */
const parts = {
  offsets: [groupRecords, [groups.LegacyOffsetCommit, groups.OffsetCommit]],
  groups: [groupRecords, [groups.GroupMetadata]],
  consumerGroups: [groupRecords, typesOf('ConsumerGroup')],
  shareGroups: [groupRecords, typesOf('ShareGroup')],
  transactions: [transactionRecords, [transactionRecordTypes.TransactionLog]],
} as const satisfies Record<string, readonly [KeyedRecords, readonly number[]]>

function typesOf(prefix: string): number[] {
  return Object.entries(groups).flatMap(([name, type]) => (name.startsWith(prefix) ? [type] : []))
}

const versionBytes = 2

/** Prints the records of one part of a topic, and passes over others. */
export function storedFormatter(part: keyof typeof parts): Formatter {
  const [records, types] = parts[part]
  return {
    write({ key, value, offset }, _batch, output) {
      if (key === null || key.length < versionBytes) return
      const type = key.readInt16BE(0)
      const messages = types.some(each => each === type) ? records[type] : undefined
      if (messages === undefined) return
      try {
        const data = shown(messages.key, 0, key)
        const version = value === null ? -1 : value.readInt16BE(0)
        const shownValue = value === null ? null : { version, data: shown(messages.value, version, value) }
        const json = JSON.stringify({ key: { type, data }, value: shownValue }, (_name, each) =>
          typeof each === 'bigint' ? Number(each) : each,
        )
        output.text(`${json}\n`)
      } catch (error) {
        throw new Error(`Could not read record at offset ${offset} due to: ${(error as Error).message}`)
      }
    },
  }
}

function shown(message: Message, version: number, bytes: Buffer): unknown {
  return toJson(message, version, decodeExact(message, version, bytes.subarray(versionBytes)))
}
