/** Data directories that are marked as a cluster's before a broker first uses them: Kafka calls it formatting. */
import { resolve } from 'node:path'
import { diskFiles } from '../../storage/files.ts'
import { identityOf } from '../../storage/identity.ts'
import { readMetaProperties } from '../../storage/meta-properties.ts'
import { systemRandom } from '../base/random.ts'
import { UsageError } from './io.ts'

export interface FormatOptions {
  readonly nodeId: number
  readonly clusterId: string
}

/** The cluster that a directory belongs to; null where it was not formatted. */
export function clusterOf(path: string): string | null {
  return readMetaProperties(diskFiles, resolve(path))?.get('cluster.id') ?? null
}

/** Makes a directory and writes whose it is, unless that was done. Throws DirectoryError where it is somebody else's. */
export function formatDirectory(path: string, { nodeId, clusterId }: FormatOptions): void {
  diskFiles.mkdir(resolve(path))
  identityOf(resolve(path), { files: diskFiles, nodeId, clusterId, uuid: () => systemRandom.uuid() })
}

/** Throws UsageError where this user may not write into a directory, which is made where there is none. */
export function checkWritable(path: string, remedy: string): void {
  const probe = `${resolve(path)}/.writable-${process.pid}`
  try {
    diskFiles.mkdir(resolve(path))
    diskFiles.createExclusive(probe, '')
    diskFiles.unlink(probe)
  } catch (error) {
    throw new UsageError(unwritable(path, error as Error & { code?: string }, remedy))
  }
}

/** A sentence about a directory that cannot be written. */
export function unwritable(path: string, { code, message }: Error & { code?: string }, remedy: string): string {
  const user = `user ${process.getuid?.() ?? '?'}, group ${process.getgid?.() ?? '?'}`
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `${path} cannot be written by this process (${user}); give it to that user or group, or ${remedy}`
    case 'EROFS':
      return `${path} is on a file system that can only be read; mount a volume there, or ${remedy}`
    case 'ENOSPC':
      return `no space is left on the disk of ${path}; free some, or ${remedy}`
    case 'ENOTDIR':
    case 'EEXIST':
      return `${path} is not in a directory; ${remedy}`
    default:
      return `${path} cannot be written: ${message}; ${remedy}`
  }
}
