/** What `ottla dump-log` is asked of files. */
import type { LogDecoder } from './dump-log-decoders.ts'

/** See the head of the file. */
export interface DumpOptions {
  readonly isDeep: boolean
  readonly decoder: LogDecoder | null
  readonly withoutMetadata: boolean
  readonly bytesMax: number
  readonly messageBytesMax: number
  readonly onlyVerify: boolean
  readonly onlySane: boolean
  readonly isJson: boolean
}
