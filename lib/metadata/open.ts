/** The store of a cluster's metadata as its settings name it, for tools: in etcd beside the brokers, or in a data directory that no broker has. */
import { resolve } from 'node:path'
import type { Files } from '../../storage/files.ts'
import { DirectoryLock } from '../../storage/lock.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Random } from '../base/random.ts'
import type { BrokerConfig } from '../config/config.ts'
import { etcdSettings } from '../config/metadata-store.ts'
import { EmbeddedStore } from './embedded.ts'
import { etcdStoreOf } from './etcd-of.ts'
import { journalDirectoryName, openJournal } from './log-journal.ts'
import type { MetadataStore } from './store.ts'

export interface OpenMetadata {
  readonly store: MetadataStore
  /** Whether it is in a data directory. */
  readonly isEmbedded: boolean
  close(): Promise<void>
}

/** Throws DirectoryLockedError where a broker has the directory. */
export function openMetadata(
  config: BrokerConfig,
  parts: { readonly files: Files; readonly clock: Clock; readonly random: Random; readonly logger: Logger },
): OpenMetadata {
  const { files, clock, random, logger } = parts
  const etcd = etcdSettings(config)
  if (etcd !== null) {
    const store = etcdStoreOf(etcd, { clock, random, logger, read: path => files.read(path) })
    return { store, isEmbedded: false, close: () => store.close() }
  }
  const paths = config.logDirs.map(path => resolve(path))
  const dataDirectory = paths.find(path => files.exists(`${path}/${journalDirectoryName}`)) ?? paths[0]!
  files.mkdir(dataDirectory)
  const lock = DirectoryLock.take(files, dataDirectory)
  try {
    const journal = openJournal({
      dataDirectory,
      files,
      now: () => clock.now(),
      schedule: run => clock.immediate(run),
      logger,
    })
    const store = new EmbeddedStore(journal)
    return {
      store,
      isEmbedded: true,
      close: async () => {
        await store.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}
