/** Which records are wanted: of which partitions, from where, and a filter, which is data and never code. */
import type { Params } from '../api.ts'
import { Choice, Field } from '../parts.tsx'

export interface Question {
  readonly from: 'newest' | 'oldest' | 'offset' | 'time'
  /** The offset or the local time. */
  readonly at: string
  readonly partitions: string
  readonly place: 'any' | 'key' | 'value' | 'header'
  readonly test: '' | 'contains' | 'equals' | 'starts' | 'less' | 'greater' | 'null' | 'empty'
  readonly text: string
  readonly path: string
  readonly header: string
  readonly committed: boolean
}

export const questionAtFirst: Question = {
  ...{ from: 'newest', at: '', partitions: '', committed: false },
  ...{ place: 'any', test: '', text: '', path: '', header: '' },
}

/** As the interface takes it. */
export function paramsOf({ from, at, partitions, committed, ...filter }: Question): Params {
  const { place, test, text, path, header } = filter
  const isForward = from !== 'newest'
  return {
    order: isForward ? 'oldest' : 'newest',
    start: from === 'offset' ? `offset:${at}` : from === 'time' ? `time:${new Date(at).getTime()}` : null,
    partitions: partitions.replaceAll(/\s/g, ''),
    committed,
    ...(test === '' ? {} : { place, test, text, path, header: place === 'header' ? header : '' }),
  }
}

const starts = {
  newest: 'Newest first',
  oldest: 'Oldest first',
  offset: 'From an offset',
  time: 'From a time',
} as const
const places = { any: 'anywhere', key: 'in the key', value: 'in the value', header: 'in a header' } as const
const tests = {
  '': 'All records',
  contains: 'containing',
  equals: 'equal to',
  starts: 'starting with',
  less: 'less than',
  greater: 'greater than',
  null: 'null',
  empty: 'empty',
} as const

export function QuestionForm({
  question,
  set,
  isBusy,
  look,
  follow,
  stop,
}: {
  question: Question
  set: (question: Question) => void
  isBusy: boolean
  look: () => void
  follow: () => void
  stop: () => void
}) {
  const { from, at, partitions, place, test, text, path, header, committed } = question
  const put = (changes: Partial<Question>) => set({ ...question, ...changes })
  const needsText = test !== '' && test !== 'null' && test !== 'empty'
  return (
    <form
      class="question"
      aria-label="Which records"
      onSubmit={event => {
        event.preventDefault()
        look()
      }}
    >
      <Field label="Show">
        <Choice label="Show" value={from} options={starts} set={next => put({ from: next, at: '' })} />
      </Field>
      {from === 'offset' && (
        <Field label="Offset">
          <input
            class="short"
            inputMode="numeric"
            pattern="[0-9]{1,16}"
            required
            value={at}
            onInput={event => put({ at: event.currentTarget.value })}
          />
        </Field>
      )}
      {from === 'time' && (
        <Field label="Local time">
          <input
            type="datetime-local"
            step="1"
            required
            value={at}
            onInput={event => put({ at: event.currentTarget.value })}
          />
        </Field>
      )}
      <Field label="Partitions">
        <input
          class="short"
          value={partitions}
          placeholder="all"
          pattern="[0-9, ]*"
          title="Numbers, as in 0, 2"
          onInput={event => put({ partitions: event.currentTarget.value })}
        />
      </Field>
      <Field label="Filter">
        <Choice label="Filter" value={test} options={tests} set={next => put({ test: next })} />
      </Field>
      {needsText && (
        <Field label="What">
          <input value={text} maxLength={1_000} onInput={event => put({ text: event.currentTarget.value })} />
        </Field>
      )}
      {test !== '' && (
        <Field label="Where">
          <Choice label="Where" value={place} options={places} set={next => put({ place: next })} />
        </Field>
      )}
      {test !== '' && place === 'header' && (
        <Field label="Header">
          <input
            class="short"
            value={header}
            placeholder="any"
            onInput={event => put({ header: event.currentTarget.value })}
          />
        </Field>
      )}
      {test !== '' && (
        <Field label="JSON path">
          <input
            value={path}
            placeholder="the bytes as they are"
            title="As in order.lines[0].price: the value there is compared, numbers exactly"
            onInput={event => put({ path: event.currentTarget.value })}
          />
        </Field>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={committed}
          onChange={event => put({ committed: event.currentTarget.checked })}
        />
        Committed only
      </label>
      <div class="actions">
        {isBusy ? (
          <button type="button" class="primary" onClick={stop}>
            Stop
          </button>
        ) : (
          <>
            <button type="submit" class="primary">
              {test === '' ? 'Show' : 'Search'}
            </button>
            <button type="button" onClick={follow} title="Shows records as they come">
              Follow
            </button>
          </>
        )}
      </div>
    </form>
  )
}
