/** The names of files: in a log the first offset in 20 digits and what the file is; in a data directory Apache Kafka's. */

/** Says that all logs were closed well. */
export const cleanShutdownName = '.kafka_cleanshutdown'
/** Offsets by partition: what the disk has, where logs start, what is committed, and how far logs were compacted. */
export const recoveryPointsName = 'recovery-point-offset-checkpoint'
export const logStartsName = 'log-start-offset-checkpoint'
export const highWatermarksName = 'replication-offset-checkpoint'
export const cleanedOffsetsName = 'cleaner-offset-checkpoint'
/** In a partition's directory: its topic's id. */
export const partitionMetadataName = 'partition.metadata'

/** What belongs to a segment or to an offset. */
export type FileKind = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot'

/** Path of a log's file. */
export function fileName(dir: string, offset: number, kind: FileKind): string {
  return `${dir}/${String(offset).padStart(20, '0')}.${kind}`
}

/** The offset that a file's name begins with, −1 where it does not. */
export function offsetOfFile(name: string): number {
  const match = /^(\d{20})\./.exec(name)
  return match === null ? -1 : Number(match[1])
}

/** The partition that a directory's name says, null for other names. */
export function partitionOfName(name: string): { topic: string; partition: number } | null {
  const match = /^([a-zA-Z0-9._-]+)-(\d+)$/.exec(name)
  return match === null ? null : { topic: match[1], partition: Number(match[2]) }
}

/** The partition whose copy a directory holds, by its name; null for other names. */
export function partitionOfFutureName(name: string): { topic: string; partition: number } | null {
  return partitionOfName(/^(.+)\.[0-9a-f]{32}-future$/.exec(name)?.[1] ?? '')
}

/** The name of a directory that is not the partition's own (now): `topic-N.<32 hex digits>-<what>`, in the 255 bytes of a name. */
export function nameAside(name: string, uuid: string, what: 'delete' | 'future' | 'stray'): string {
  const suffix = `.${Buffer.from(uuid, 'base64url').toString('hex')}-${what}`
  // What is cut is not to be taken for another partition's.
  return name.length + suffix.length <= 255 ? name + suffix : `${name.slice(0, 254 - suffix.length)}_${suffix}`
}

/** The content of `partition.metadata`. */
export function partitionMetadataOf(topicId: string): string {
  return `version: 0\ntopic_id: ${topicId}`
}

/** The topic id in the content of `partition.metadata`, null where it says none. */
export function topicIdIn(content: Buffer | null): string | null {
  return /^topic_id:\s*([\w-]{22})\s*$/m.exec(content?.toString('utf8') ?? '')?.[1] ?? null
}
