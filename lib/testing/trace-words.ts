/** The word of `/testing/` about what clients asked and were answered. */
import { type Word, WordError } from './words.ts'

export const traceWords: readonly Word[] = [
  {
    method: 'GET',
    path: 'trace',
    summary: 'What clients asked and were answered, in words, since this was first asked',
    query: { since: { type: 'integer', description: 'The number of a line: for those after it' } },
    run: ({ instruments }, { query }) => {
      const since = Number(query.get('since') ?? 0)
      if (!Number.isInteger(since))
        throw new WordError(400, `since is ${query.get('since')}; it takes the number of a line`)
      const trace = instruments.trace.begin()
      return { lines: trace.since(since), last: trace.last }
    },
  },
]
