/** Whose a data directory is: its cluster, its broker and its own id, as `meta.properties` says. */
import { DamageError } from './faults.ts'
import type { Files } from './files.ts'
import { metaPropertiesName, nodeIdIn, readMetaProperties } from './meta-properties.ts'

/** A directory that this broker must not use, with the reason. */
export class DirectoryError extends DamageError {
  constructor(message: string) {
    super(message)
    this.name = 'DirectoryError'
  }
}

/** Who wants to use a directory. */
export interface IdentityOptions {
  readonly files: Files
  readonly nodeId: number
  /** The cluster that the directory must belong to; a new directory without gets a new cluster. */
  readonly clusterId?: string
  /** A new id of 22 url-safe characters. */
  readonly uuid: () => string
}

/** Reads meta.properties, or writes a new one. Throws DirectoryError where the directory is another broker's or cluster's. */
export function identityOf(path: string, options: IdentityOptions): { clusterId: string; directoryId: string } {
  const { files, nodeId } = options
  const file = `${path}/${metaPropertiesName}`
  const properties = readMetaProperties(files, path)
  if (properties === null) {
    const clusterId = options.clusterId ?? options.uuid()
    const directoryId = options.uuid()
    const lines = ['version=1', `cluster.id=${clusterId}`, `node.id=${nodeId}`, `directory.id=${directoryId}`]
    files.replace(file, `${lines.join('\n')}\n`)
    return { clusterId, directoryId }
  }
  const storedNode = nodeIdIn(properties)
  if (storedNode !== null && Number(storedNode) !== nodeId) {
    throw new DirectoryError(
      `${file} says node.id ${storedNode}, the broker is ${nodeId}; set node.id or choose another directory`,
    )
  }
  const clusterId = properties.get('cluster.id')
  if (clusterId === undefined)
    throw new DirectoryError(`${file} has no cluster.id; restore it or choose another directory`)
  if (options.clusterId !== undefined && options.clusterId !== clusterId) {
    throw new DirectoryError(
      `${file} says cluster.id ${clusterId}, the broker belongs to ${options.clusterId}; choose another directory`,
    )
  }
  return { clusterId, directoryId: properties.get('directory.id') ?? options.uuid() }
}
