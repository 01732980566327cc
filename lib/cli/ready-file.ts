/** The file that says that clients can connect, for whoever started the broker: there, and whole, from then until the broker stops. */
import { dirname } from 'node:path'
import { diskFiles } from '../../storage/files.ts'
import type { Broker } from '../broker.ts'
import { UsageError } from './io.ts'

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

  write(broker: Broker): void {
    const { bootstrap, clusterId, nodeId, listeners, http, dataDirectory } = broker
    const content = { bootstrap, pid: process.pid, clusterId, nodeId, listeners, http, dataDirectory }
    diskFiles.write(this.#path, `${JSON.stringify(content)}\n`)
  }

  remove(): void {
    diskFiles.unlink(this.#path)
  }
}
