/** The words of `/testing/` about the network between clients and the broker. */
import { numberIn, textIn } from './body.ts'
import type { NetworkDisturbance } from './network/options.ts'
import { type Word, WordError } from './words.ts'

const listener = { type: 'string', description: 'All where none is named' }

export const networkWords: readonly Word[] = [
  {
    method: 'POST',
    path: 'network/cut',
    summary: 'Resets all connections, or those of one listener',
    body: { listener },
    run: ({ instruments }, { body }) => ({ cut: instruments.network.cut(textIn(body, 'listener')) }),
  },
  {
    method: 'POST',
    path: 'network',
    summary: 'Blocks, slows down, narrows or refuses connections, until it is deleted',
    body: {
      listener,
      blocked: { enum: ['in', 'out', 'both'] },
      latencyMs: { type: 'number', minimum: 0 },
      bytesPerSecond: { type: 'number', exclusiveMinimum: 0 },
      refused: { type: 'boolean' },
    },
    run: ({ instruments }, { body }) => {
      numberIn(body, 'latencyMs')
      numberIn(body, 'bytesPerSecond')
      textIn(body, 'listener')
      if (body.refused !== undefined && typeof body.refused !== 'boolean')
        throw new WordError(400, 'refused takes true or false')
      instruments.network.disturb(body as NetworkDisturbance)
    },
  },
  {
    method: 'DELETE',
    path: 'network',
    summary: 'Ends all disturbances',
    run: ({ instruments }) => instruments.network.restore(),
  },
]
