/** A data directory as a broker of this user would find it. */
import { dirname, resolve } from 'node:path'
import type { Files } from '../../storage/files.ts'
import { lockHolder } from '../../storage/lock.ts'
import { nodeIdIn, readMetaProperties } from '../../storage/meta-properties.ts'
import { type Finding, fail, ok, sizeOf, warn } from './doctor-finding.ts'

/** Below the first a broker soon stops, below the second it is time to think of it. */
const [freeBytesMin, freeBytesEnough] = [100_000_000, 2_000_000_000]

export interface DataOptions {
  readonly files: Files
  /** Whose a directory is; null where nobody knows. */
  readonly ownerOf: (path: string) => number | null
  /** The number of this user; null where systems do not number them. */
  readonly user: number | null
}

export function dataFindings(path: string, options: DataOptions): Finding[] {
  const { files } = options
  const place = resolve(path)
  if (!files.exists(place)) {
    const above = existingAbove(place, files)
    return [
      ok('data', `${place} is not there yet: the first start makes it, in ${above}`),
      ...writableFindings(above, options),
      ...spaceFindings(above, files),
    ]
  }
  try {
    files.list(place)
  } catch (error) {
    return [
      fail('data', `${place} cannot be read as a directory (${(error as Error).message}): choose another with --data`),
    ]
  }
  return [...identityFindings(place, files), ...writableFindings(place, options), ...spaceFindings(place, files)]
}

function existingAbove(path: string, files: Files): string {
  let above = dirname(path)
  while (!files.exists(above) && above !== dirname(above)) above = dirname(above)
  return above
}

function identityFindings(path: string, files: Files): Finding[] {
  const meta = readMetaProperties(files, path)
  const holder = lockHolder(files, path)
  const lock =
    holder === null
      ? ok('data', `no broker uses ${path} now`)
      : ok('data', `process ${holder} uses ${path} now: a second broker cannot, until that one has stopped`)
  if (meta === null) {
    const isEmpty = files.list(path).length === 0
    return [
      isEmpty
        ? ok('data', `${path} is empty`)
        : warn('data', `${path} has files and no meta.properties: it is no data directory, or a damaged one`),
      lock,
    ]
  }
  const clusterId = meta.get('cluster.id')
  if (clusterId === undefined)
    return [fail('data', `${path}/meta.properties has no cluster.id: restore it, or choose another directory`), lock]
  return [ok('data', `${path} is of cluster ${clusterId}, node ${nodeIdIn(meta) ?? '(none)'}`), lock]
}

function writableFindings(path: string, { files, ownerOf, user }: DataOptions): Finding[] {
  const probe = `${path}/.ottla-doctor-${process.pid}`
  try {
    files.createExclusive(probe, '')
    files.unlink(probe)
  } catch (error) {
    const owner = ownerOf(path)
    const whose =
      owner !== null && owner !== user ? `; it is user ${owner}'s, and this is user ${user}: chown ${user} ${path}` : ''
    return [fail('data', `${path} may not be written (${(error as Error).message})${whose}`)]
  }
  return [ok('data', `${path} may be written`)]
}

function spaceFindings(path: string, files: Files): Finding[] {
  const { usableBytes, totalBytes } = files.usage(path)
  const text = `${sizeOf(usableBytes)} of ${sizeOf(totalBytes)} are free on the disk of ${path}`
  if (usableBytes < freeBytesMin) return [fail('data', `${text}: a broker stops when nothing is left. Free some`)]
  if (usableBytes < freeBytesEnough) return [warn('data', `${text}: free some, or keep less with log.retention.bytes`)]
  return [ok('data', text)]
}
