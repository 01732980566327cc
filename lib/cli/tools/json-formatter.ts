/** Records as JSON lines of `ottla consume --json`, in the form that `ottla start --load` reads. */
import { isUtf8 } from 'node:buffer'
import type { RecordView } from '../../../protocol/records/record.ts'
import { type FetchedBatch, timestampTypeOf } from '../../client/consumer.ts'
import { type Deserializer, deserializerOf } from './deserializers.ts'
import type { Formatter } from './formatter.ts'

/** By the properties that name deserializers; what no deserializer reads and is no text stands in base64, with all of its record. */
export function jsonFormatter(properties: Readonly<Record<string, string>>): Formatter {
  const [ofKeys, ofValues, ofHeaders] = (['key', 'value', 'headers'] as const).map(part => {
    const className = properties[`${part}.deserializer`]
    return className === undefined ? undefined : deserializerOf(className)
  })
  return {
    write(record, batch, output) {
      const { key, value, headers } = record
      const all = [
        ...(ofKeys === undefined ? [key] : []),
        ...(ofValues === undefined ? [value] : []),
        ...(ofHeaders === undefined ? headers.map(header => header.value) : []),
      ]
      const encoding = all.every(bytes => bytes === null || isUtf8(bytes)) ? 'utf8' : 'base64'
      const shown = (bytes: Buffer | null, deserializer: Deserializer | undefined) =>
        bytes === null ? null : deserializer === undefined ? bytes.toString(encoding) : deserializer(bytes)
      const told = {
        ...placeOf(record, batch),
        ...{ key: shown(key, ofKeys), value: shown(value, ofValues) },
        ...(headers.length > 0 && {
          headers: headers.map(header => ({ key: header.key, value: shown(header.value, ofHeaders) })),
        }),
        ...(encoding === 'base64' && { encoding }),
      }
      output.text(`${JSON.stringify(told)}\n`)
    },
  }
}

function placeOf({ offset, timestamp }: RecordView, batch: FetchedBatch) {
  const { topic, partition } = batch
  const type = timestampTypeOf(batch)
  return { topic, partition, offset, ...(type !== null && { timestamp, timestampType: type }) }
}
