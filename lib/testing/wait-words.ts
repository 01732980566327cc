/** The words of `/testing/` that wait for something to be so. */
import { countField, matchFields, matchIn, numberIn, oneOf, textIn } from './body.ts'
import { faultIn } from './fault-words.ts'
import type { Kit } from './kit.ts'
import { WaitTimeoutError } from './wait-timeout-error.ts'
import { type Word, type WordCall, WordError } from './words.ts'

/** Longer than this nobody is kept waiting, in milliseconds: the server and what is between have limits of their own. */
const timeoutMsMax = 600_000

export const waitWords: readonly Word[] = [
  {
    method: 'POST',
    path: 'mark',
    summary: 'A moment between two requests, for counts of those after it',
    run: ({ instruments }) => ({ mark: instruments.watch.mark() }),
  },
  {
    method: 'POST',
    path: 'await',
    summary:
      'Waits for a state: a group that is ready or caught up, a topic up to an offset, requests, or a fault that was met',
    otherwise: { 408: 'It did not come to be so in time: what was seen instead' },
    body: {
      ...matchFields,
      ready: { oneOf: [countField, { const: true }], description: 'Of a group: with so many members' },
      caughtUp: { const: true, description: 'Of a group' },
      offset: { type: 'integer', minimum: 0, description: 'Of a topic and partition (0): up to which it can be read' },
      count: { ...countField, description: 'Of requests that fit, or that a fault has met' },
      since: { type: 'integer', description: 'A mark' },
      fault: { type: 'integer', description: 'The id of one' },
      timeoutMs: { type: 'integer', minimum: 0, maximum: timeoutMsMax, default: 4_000 },
    },
    run: async (kit, call) => {
      try {
        return { state: (await waitFor(kit, call)) ?? null }
      } catch (thrown) {
        if (!(thrown instanceof WaitTimeoutError)) throw thrown
        throw new WordError(408, thrown.message, { seen: thrown.seen })
      }
    },
  },
]

function waitFor(kit: Kit, call: WordCall): Promise<unknown> {
  const { instruments } = kit
  const { body } = call
  const timeoutMs = numberIn(body, 'timeoutMs')
  if (timeoutMs !== undefined && !(timeoutMs >= 0 && timeoutMs <= timeoutMsMax)) {
    throw new WordError(400, `timeoutMs is ${timeoutMs}; it takes 0 to ${timeoutMsMax}`)
  }
  const options = timeoutMs === undefined ? {} : { timeoutMs }
  const count = numberIn(body, 'count')
  switch (oneOf(body, ['ready', 'caughtUp', 'offset', 'fault'])) {
    case 'ready':
      return instruments.groupReady(
        needed(body, 'group'),
        body.ready === true ? undefined : numberIn(body, 'ready'),
        options,
      )
    case 'caughtUp':
      return instruments.groupCaughtUp(needed(body, 'group'), options)
    case 'offset':
      return instruments.topicOffset(
        needed(body, 'topic'),
        numberIn(body, 'partition') ?? 0,
        numberIn(body, 'offset')!,
        options,
      )
    case 'fault':
      return faultIn(kit, { ...call, params: { id: String(body.fault) } }).hit(count, options)
    default: {
      const since = numberIn(body, 'since')
      return instruments.request({
        ...matchIn(body),
        ...options,
        ...(count !== undefined && { count }),
        ...(since !== undefined && { since }),
      })
    }
  }
}

function needed(body: WordCall['body'], name: string): string {
  const value = textIn(body, name)
  if (value === undefined) throw new WordError(400, `${name} is missing`)
  return value
}
