/** What a broker has from its start on: topics, and records in them. */
import type { BrokerConfig } from '../config/config.ts'
import { type LoadOptions, loadFile, loadRecords } from './load.ts'
import { makeTopics } from './make-topics.ts'
import type { RecordToLoad } from './record-line.ts'
import type { StartTopic } from './topic-text.ts'

export interface Contents {
  readonly topics: readonly StartTopic[]
  /** Paths of files of JSON lines. */
  readonly files: readonly string[]
  readonly records: Iterable<RecordToLoad> | AsyncIterable<RecordToLoad> | null
}

/** Makes the topics and then loads the records; resolves once they are written. Rejects with ContentsError. */
export async function makeContents(
  { topics, files, records }: Contents,
  options: LoadOptions & { readonly config: BrokerConfig },
): Promise<void> {
  await makeTopics(topics, options)
  for (const path of files) await loadFile(path, options)
  if (records !== null) await loadRecords(records, options)
}
