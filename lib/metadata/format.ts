/** What a data directory's metadata begin with, put there before a broker first uses it: Kafka calls it formatting. */

import type { Files } from '../../storage/files.ts'
import type { StoredChange } from '../cluster/stored.ts'
import { EmbeddedStore } from './embedded.ts'
import { openJournal } from './log-journal.ts'

/** Resolves once the directory has it. No broker may use the directory meanwhile. */
export async function formatMetadata(
  dataDirectory: string,
  changes: readonly StoredChange[],
  { files, now, schedule }: Pick<Parameters<typeof openJournal>[0], 'now' | 'schedule'> & { readonly files: Files },
): Promise<void> {
  const store = new EmbeddedStore(openJournal({ dataDirectory, files, now, schedule }))
  try {
    await store.transact({ changes })
  } finally {
    await store.close()
  }
}
