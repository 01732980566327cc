/** The data directories of a broker, and the store of the metadata. */
import { resolve } from 'node:path'
import { LogDirectory } from '../../storage/directory.ts'
import { faultOf } from '../../storage/faults.ts'
import { metaPropertiesName } from '../../storage/meta-properties.ts'
import { offLoop } from '../base/off-loop.ts'
import { clusterKey, readStored } from '../cluster/stored.ts'
import { etcdSettings } from '../config/metadata-store.ts'
import { EmbeddedStore } from '../metadata/embedded.ts'
import { memoryJournal } from '../metadata/journal.ts'
import { kraftDirectoryName } from '../metadata/kraft/name.ts'
import { journalDirectoryName, openJournal } from '../metadata/log-journal.ts'
import { agreedClusterId, type BrokerDescription } from '../metadata/registration.ts'
import type { MetadataStore } from '../metadata/store.ts'
import type { Turn } from '../partitions/waiting/turn.ts'
import type { Opened } from './opened.ts'
import type { CompositionOptions } from './parts.ts'

/** When the storage tries again what it could not do as the process had no file descriptors. */
const againMs = 1_000

/** The directories that can be used, and those that cannot. */
export interface Storage {
  readonly directories: readonly LogDirectory[]
  readonly failed: readonly string[]
  /** The one that holds what belongs to the broker as a whole. */
  readonly metadata: LogDirectory
  readonly store: MetadataStore
  metadataFailed(error: Error): void
}

/** Opens all directories and the store, which takes over what Apache Kafka left there. */
export async function openStorage(options: CompositionOptions, turn: Turn, opened: Opened): Promise<Storage> {
  const { ephemeral, parts, logger } = options
  const { clocks } = parts
  const later = (run: () => void) => void clocks.wire.schedule(againMs, run)
  const shared = parts.openStore ? await parts.openStore() : await openEtcd(options)
  if (shared !== null) opened.add(() => shared.close())
  const clusterId = shared === null ? undefined : await clusterIdIn(shared, options)
  const storage = openDirectories(options, { turn, later, clusterId, holdMetadata: shared === null }, opened)
  const { metadata } = storage
  const metadataFailed = (error: Error) =>
    opened.failure.is(`the data directory ${metadata.path}, which holds the cluster's metadata, has failed`, error)
  const embedded = () =>
    new EmbeddedStore(
      ephemeral
        ? memoryJournal()
        : openJournal({
            dataDirectory: metadata.path,
            files: parts.files,
            now: () => clocks.broker.now(),
            schedule: turn.schedule,
            later,
            logger,
            onFailed: metadataFailed,
          }),
      () => new Promise(later),
    )
  const store = shared ?? embedded()
  if (store !== shared) opened.add(() => store.close())
  if (!ephemeral) await takeOverFromKafka(store, storage.directories, options)
  return { ...storage, store, metadataFailed }
}

/** Null where the metadata are not in etcd. */
async function openEtcd({ config, parts, logger }: CompositionOptions): Promise<MetadataStore | null> {
  const settings = etcdSettings(config)
  if (settings === null) return null
  // Most brokers stand alone, and do without it.
  const { etcdStoreOf } = await offLoop(import('../metadata/etcd-of.ts'))
  return etcdStoreOf(settings, {
    clock: parts.clocks.wire,
    random: parts.random,
    logger: logger.child('etcd'),
    read: parts.readStore ?? (() => null),
  })
}

/**
 * The cluster that new data directories become part of; undefined where the store has none yet, and a directory may say which it is. Brokers
 * that begin together have to agree before any of them writes it down.
 */
async function clusterIdIn(store: MetadataStore, options: CompositionOptions): Promise<string | undefined> {
  const entry = await store.get(clusterKey)
  if (entry !== null) return readStored<{ clusterId: string }>(clusterKey, entry.value).clusterId
  const { files, random } = options.parts
  if (pathsOf(options).some(path => files.exists(`${path}/${metaPropertiesName}`))) return undefined
  return agreedClusterId(store, random.uuid())
}

/** What the broker says of its directories: that a run closed them well is so where it did with all. */
export function descriptionOf({ directories, failed }: Storage): Pick<BrokerDescription, 'previousEpoch' | 'logDirs'> {
  const [epoch = -1, ...others] = new Set(directories.map(({ closedEpoch }) => closedEpoch))
  return {
    previousEpoch: failed.length === 0 && others.length === 0 ? epoch : -1,
    logDirs: directories.map(({ directoryId }) => directoryId),
  }
}

/** Where Apache Kafka wrote the directories, and no broker of ours was started on them yet, its cluster becomes ours. */
async function takeOverFromKafka(
  store: MetadataStore,
  directories: readonly LogDirectory[],
  { config, parts: { files }, logger }: CompositionOptions,
): Promise<void> {
  const apart = config.get('metadata.log.dir')
  const places = [...(apart === null ? [] : [resolve(apart)]), ...directories.map(({ path }) => path)]
  const dataDirectory = places.find(path => files.exists(`${path}/${kraftDirectoryName}`))
  if (dataDirectory === undefined || (await store.get(clusterKey)) !== null) return
  // Hardly ever needed, and so not loaded at each start.
  const { takeOver } = await offLoop(import('../metadata/kraft/import.ts'))
  await takeOver({
    store,
    files,
    dataDirectory,
    clusterId: directories[0]!.clusterId,
    nodeId: config.get('node.id'),
    logger: logger.child('cluster'),
  })
}

/** Opens all data directories. One that is broken is left out with an error; one that is somebody else's stops the start. */
function openDirectories(
  options: CompositionOptions,
  {
    turn,
    later,
    clusterId: ofStore,
    holdMetadata,
  }: {
    readonly turn: Turn
    readonly later: (run: () => void) => void
    /** The cluster that the directories have to belong to, where that is known. */
    readonly clusterId: string | undefined
    /** Whether one of them has the cluster's metadata. */
    readonly holdMetadata: boolean
  },
  opened: Opened,
) {
  const {
    config,
    parts: { files, clocks, random },
    logger,
  } = options
  const paths = pathsOf(options)
  const directories: LogDirectory[] = []
  const failed: string[] = []
  let clusterId = ofStore
  for (const path of paths) {
    try {
      const directory = LogDirectory.open(path, {
        files,
        nodeId: config.get('node.id'),
        clusterId,
        uuid: () => random.uuid(),
        now: () => clocks.broker.now(),
        schedule: turn.schedule,
        later,
        logger: logger.child('storage'),
        producerIdExpirationMs: () => config.get('producer.id.expiration.ms'),
      })
      clusterId ??= directory.clusterId
      directories.push(directory)
      opened.add(() => directory.close())
    } catch (error) {
      // One that is somebody else's is not to be gone without, and a start without descriptors is none.
      if (faultOf(error) !== 'disk' || paths.length === 1) throw error
      logger.error('a data directory cannot be used; its partitions are offline', { path, error })
      failed.push(path)
    }
  }
  if (directories.length === 0) throw new Error(`none of ${paths.join(', ')} can be used; see the errors above`)
  const metadata =
    directories.find(({ path }) => files.exists(`${path}/${journalDirectoryName}`)) ??
    directories.find(({ path }) => path === paths[0] || !holdMetadata)
  // A cluster begun anew would not know the topics of the one that is away.
  if (metadata === undefined) {
    throw new Error(`the cluster's metadata are in none of the data directories that can be used; repair ${failed[0]}`)
  }
  return { directories, failed, metadata }
}

function pathsOf({ config, ephemeral }: CompositionOptions): string[] {
  return ephemeral ? ['/memory'] : (config.get('log.dirs') ?? config.get('log.dir')).map(path => resolve(path))
}
