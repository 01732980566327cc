/** The mark in a data directory that says that all its logs were closed well, in Apache Kafka's form. */
import type { Files } from './files.ts'
import { cleanShutdownName } from './names.ts'

/** Takes the mark away; null where there is none, else the run of the broker that left it, -1 where it does not say. */
export function takeCleanShutdown(files: Files, directory: string): number | null {
  const path = `${directory}/${cleanShutdownName}`
  if (!files.exists(path)) return null
  const epoch = epochIn(files.read(path))
  files.unlink(path)
  // If it came back after a power failure, unproven files would be trusted.
  files.syncDirectoryNow(directory)
  return epoch
}

/** Says that all logs were closed well, by this run of the broker. */
export function markCleanShutdown(files: Files, directory: string, brokerEpoch: number): void {
  files.replace(`${directory}/${cleanShutdownName}`, JSON.stringify({ version: 0, brokerEpoch }))
}

/** Brokers of Apache Kafka before 3.7 leave the marker empty. */
function epochIn(marker: Buffer | null): number {
  try {
    const { brokerEpoch } = JSON.parse(marker?.toString('utf8') ?? '') as { brokerEpoch?: unknown }
    return Number.isSafeInteger(brokerEpoch) ? (brokerEpoch as number) : -1
  } catch {
    return -1
  }
}
