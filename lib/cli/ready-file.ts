/** The file that says that clients can connect, for whoever started the broker: there, and whole, from then until the broker stops. */
import { dirname } from 'node:path'
import { diskFiles } from '../../storage/files.ts'
import type { Broker } from '../broker.ts'
import { UsageError } from './io.ts'

/** One listener of a broker. */
export interface Place {
  readonly name?: string
  readonly address: string
  readonly securityProtocol?: string
}

/**
 * Where the broker of a ready file can be asked: by a listener that speaks as is wanted, that of this name where it does, or else by its first. Null
 * where there is no file.
 */
export function placeIn(path: string, wanted = 'PLAINTEXT', name?: string): Place | null {
  const content = diskFiles.read(path)
  if (content === null) return null
  try {
    const { listeners } = JSON.parse(content.toString('utf8')) as { listeners: readonly Place[] }
    const speaking = listeners.filter(({ securityProtocol }) => securityProtocol === wanted)
    return speaking.find(listener => listener.name === name) ?? speaking[0] ?? listeners[0]!
  } catch {
    throw new UsageError(`${path} is no file of ottla start --ready-file`)
  }
}

export class ReadyFile {
  readonly #path: string

  /** Removes what a broker left that was killed, so that nobody takes it for this one's. */
  constructor(path: string) {
    this.#path = path
    if (!diskFiles.exists(dirname(path))) {
      throw new UsageError(`--ready-file ${path} is in no directory; make ${dirname(path)} before, or choose another`)
    }
    try {
      diskFiles.unlink(path)
    } catch (error) {
      throw new UsageError(`--ready-file ${path} cannot be written: ${(error as Error).message}; choose another path`)
    }
  }

  write(broker: Pick<Broker, 'bootstrap' | 'clusterId' | 'nodeId' | 'listeners' | 'http' | 'dataDirectory'>): void {
    const { bootstrap, clusterId, nodeId, listeners, http, dataDirectory } = broker
    const content = { bootstrap, pid: process.pid, clusterId, nodeId, listeners, http, dataDirectory }
    diskFiles.write(this.#path, `${JSON.stringify(content)}\n`)
  }

  remove(): void {
    diskFiles.unlink(this.#path)
  }
}
