/** What `/testing/` says of the broker itself. */
import type { Word } from './words.ts'

export const aboutWords: readonly Word[] = [
  {
    method: 'GET',
    path: 'broker',
    summary: 'Where clients reach the broker, and which cluster it is',
    run: ({ run: { bootstrap, clusterId, nodeId } }) => ({ bootstrap, clusterId, nodeId }),
  },
]
