/** Puts saved metadata back, with everything that counts raised above what may have been used since. */
import { resolve } from 'node:path'
import type { Files } from '../../storage/files.ts'
import { LeaderEpochs } from '../../storage/leader-epochs.ts'
import { partitionOfName } from '../../storage/names.ts'
import { applyChanges } from '../cluster/apply.ts'
import { checkStored } from '../cluster/check-stored.ts'
import { emptyImage } from '../cluster/image.ts'
import { canRaise, restoredChanges, startsToPass } from '../cluster/restored.ts'
import { clusterKey, type StoredChange, splitKey } from '../cluster/stored.ts'
import { inParts } from '../metadata/in-parts.ts'
import type { OpenMetadata } from '../metadata/open.ts'
import type { MetadataStore } from '../metadata/store.ts'
import { type Io, UsageError } from './io.ts'
import type { Saved } from './metadata-lines.ts'

export interface RestoreOptions {
  readonly startsRaisedBy: number
  /** Whether what is there may go. */
  readonly replace: boolean
  /** Data directories whose logs say which epochs were used. */
  readonly dataDirectories: readonly string[]
  readonly files: Files
}

/** Writes all, the cluster's key last, so that a half is not taken for a cluster; gives the exit code. */
export async function restore({ store }: OpenMetadata, saved: Saved, options: RestoreOptions, io: Io): Promise<number> {
  for (const { key, problem } of checkStored(saved.entries)) {
    if (!key.startsWith('leaders/')) io.stderr.write(`warning: ${key} ${problem}\n`)
  }
  const raisedBy = raiseOf(saved, options)
  const changes = restoredChanges(saved.entries, raisedBy)
  await clear(store, saved, options.replace)
  const absent = [{ key: clusterKey, revision: 0 }]
  const inOrder = [
    ...changes.filter(({ key }) => key !== clusterKey),
    ...changes.filter(({ key }) => key === clusterKey),
  ]
  for (const part of inParts<StoredChange>(inOrder, change => [change])) {
    const { applied } = await store.transact({ conditions: absent, changes: part })
    if (!applied)
      throw new Error('a broker was started meanwhile and began another cluster: stop all, and restore with --replace')
  }
  io.stdout.write(
    `restored ${changes.length} keys of cluster ${saved.clusterId}; each broker's starts are raised by ${raisedBy}, its leader epochs by ${2 * raisedBy}\n`,
  )
  return 0
}

/** By how much starts are raised: more where a log shows that more is needed. */
function raiseOf(saved: Saved, { startsRaisedBy, dataDirectories, files }: RestoreOptions): number {
  const { image } = applyChanges(emptyImage(saved.clusterId, -1), saved.entries, 1)
  let raise = startsRaisedBy
  const inLogs = epochsInLogs(files, dataDirectories)
  for (const { name, partitions } of image.topics.values()) {
    for (const { index, leaderEpoch } of partitions) {
      raise = Math.max(raise, startsToPass(leaderEpoch, inLogs.get(`${name}-${index}`) ?? -1))
    }
  }
  for (const { name, partitions } of image.topics.values()) {
    if (partitions.some(({ leaderEpoch }) => !canRaise(leaderEpoch, raise))) {
      throw new UsageError(`the leader epochs of ${name} cannot be raised any more: make do with a smaller --raise`)
    }
  }
  return raise
}

/** The newest epoch in each log, by the name of its directory. */
function epochsInLogs(files: Files, directories: readonly string[]): Map<string, number> {
  const epochs = new Map<string, number>()
  for (const directory of directories.map(path => resolve(path))) {
    for (const { name } of files.list(directory)) {
      if (partitionOfName(name) === null) continue
      const latest = new LeaderEpochs(files, `${directory}/${name}/leader-epoch-checkpoint`).latest
      epochs.set(name, Math.max(latest, epochs.get(name) ?? -1))
    }
  }
  return epochs
}

/** Leaves nothing of what is there; the cluster's key goes first. */
async function clear(store: MetadataStore, { clusterId }: Saved, replace: boolean): Promise<void> {
  const { entries } = await store.list('')
  const running = entries.filter(({ key }) => key.startsWith('brokers/'))
  if (running.length > 0) {
    const ids = running.map(({ key }) => splitKey(key)[1]).join(', ')
    throw new UsageError(`broker(s) ${ids} are running: stop them first`)
  }
  if (entries.length === 0) return
  if (!replace)
    throw new UsageError(
      `there are ${entries.length} keys already; --replace puts those of cluster ${clusterId} in their place`,
    )
  const prefixes = new Set(entries.filter(({ key }) => key.includes('/')).map(({ key }) => `${splitKey(key)[0]}/`))
  const keys = entries.filter(({ key }) => !key.includes('/') && key !== clusterKey)
  await store.transact({ changes: [{ key: clusterKey, value: null }] })
  for (const prefix of prefixes) await store.transact({ changes: [{ prefix, value: null }] })
  await store.transact({ changes: keys.map(({ key }) => ({ key, value: null })) })
}
