/** The words of `/testing/` about the disk of a broker that has a data directory. */
import { numberIn, textIn } from './body.ts'
import type { Word } from './words.ts'

export const diskWords: readonly Word[] = [
  {
    method: 'POST',
    path: 'disk',
    summary: 'Has writes fail as on a full disk, until it is deleted',
    body: {
      path: { type: 'string', description: 'Files whose path holds this; all where nothing is said' },
      torn: { type: 'integer', minimum: 0, description: 'So many bytes of each write still reach the file' },
    },
    run: ({ instruments }, { body }) => {
      const [path, torn] = [textIn(body, 'path'), numberIn(body, 'torn')]
      instruments.disk.disturb({ ...(path !== undefined && { path }), ...(torn !== undefined && { torn }) })
    },
  },
  {
    method: 'DELETE',
    path: 'disk',
    summary: 'Has it take what is written again',
    run: ({ instruments }) => instruments.disk.restore(),
  },
]
