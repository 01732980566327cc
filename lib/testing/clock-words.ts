/** The words of `/testing/` about the broker's clock. */
import { textIn } from './body.ts'
import type { AdvanceOptions, Duration, Moment } from './options.ts'
import { type Word, WordError } from './words.ts'

const moment = { oneOf: [{ type: 'string', format: 'date-time' }, { type: 'integer' }] }
const duration = { oneOf: [{ type: 'string', examples: ['10s', '7d'] }, { type: 'number' }] }

export const clockWords: readonly Word[] = [
  {
    method: 'GET',
    path: 'clock',
    summary: 'What the broker’s clock shows',
    run: ({ instruments }) => instruments.clock.state,
  },
  {
    method: 'POST',
    path: 'clock/freeze',
    summary: 'Has it stand still, at a time of day where one is given',
    body: { at: moment },
    run: ({ instruments }, { body }) => instruments.clock.freeze(valueIn(body, 'at')),
  },
  {
    method: 'POST',
    path: 'clock/advance',
    summary: 'Passes a time at once; members that are connected are kept unless they are said to be silent',
    body: { by: duration, members: { enum: ['kept', 'silent'] } },
    run: ({ instruments }, { body }) => {
      const members = textIn(body, 'members') as AdvanceOptions['members']
      return instruments.clock.advance(needed(body, 'by'), { ...(members !== undefined && { members }) })
    },
  },
  {
    method: 'POST',
    path: 'clock/set',
    summary: 'Sets the time of day, and passes no time',
    body: { to: moment },
    run: ({ instruments }, { body }) => instruments.clock.set(needed(body, 'to')),
  },
  {
    method: 'POST',
    path: 'clock/resume',
    summary: 'Has it go on from where it stands',
    run: ({ instruments }) => instruments.clock.resume(),
  },
]

function valueIn(body: Readonly<Record<string, unknown>>, name: string): (Moment & Duration) | undefined {
  const value = body[name]
  if (value === undefined || typeof value === 'string' || typeof value === 'number') return value
  throw new WordError(400, `${name} is ${JSON.stringify(value)}; it takes text or a number`)
}

function needed(body: Readonly<Record<string, unknown>>, name: string): Moment & Duration {
  const value = valueIn(body, name)
  if (value === undefined) throw new WordError(400, `${name} is missing`)
  return value
}
