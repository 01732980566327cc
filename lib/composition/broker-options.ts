/** What a broker is made with that a program starts: its contents, and the parts of this machine. */

import { diskFiles, type Files } from '../../storage/files.ts'
import { systemClocks } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import type { BrokerParts } from '../composition.ts'
import type { Contents } from '../contents/contents.ts'
import { topicsOfOption } from '../contents/topic-text.ts'
import { systemSurroundings } from '../network/neighbours.ts'
import { systemNetwork } from '../network/tcp.ts'
import type { BrokerOptions } from './options.ts'

/** Null where there is nothing to make. Throws TopicTextError. */
export function contentsOf({ topics, load, records }: BrokerOptions): Contents | null {
  if (topics === undefined && load === undefined && records === undefined) return null
  const files = load === undefined ? [] : typeof load === 'string' ? [load] : load
  return { topics: topicsOfOption(topics ?? {}), files, records: records ?? null }
}

/** This machine's, with files that may be in memory. */
export function systemParts(files: Files): BrokerParts {
  return {
    clocks: systemClocks,
    random: systemRandom,
    files,
    network: systemNetwork,
    readStore: path => diskFiles.read(path),
    surroundings: () => systemSurroundings(path => diskFiles.read(path)?.toString('latin1') ?? null),
  }
}
