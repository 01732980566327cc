/** What a broker for tests is told from the page: how its clock goes, and which requests fail, wait or get lost. */
import { change } from '../api.ts'
import { Choice, Failure, Field, useDoing } from '../parts.tsx'
import { useState } from '../preact.ts'

/** Says a word below `testing/`. */
const say = (path: string, body: object = {}) => change('POST', path, body, 'testing')

export function ClockForm({ isFrozen, done }: { isFrozen: boolean; done: () => void }) {
  const [by, setBy] = useState('')
  const { isBusy, error, start } = useDoing()
  return (
    <>
      <form
        class="question"
        aria-label="The clock"
        onSubmit={event => {
          event.preventDefault()
          start(() => say('clock/advance', { by }).then(done))
        }}
      >
        <Field label="Pass a time">
          <input
            class="short"
            required
            value={by}
            placeholder="10s, 5m, 7d"
            onInput={event => setBy(event.currentTarget.value)}
          />
        </Field>
        <div class="actions">
          <button type="submit" class="primary" disabled={isBusy}>
            Pass it
          </button>
          <button
            type="button"
            disabled={isBusy}
            onClick={() => start(() => say(isFrozen ? 'clock/resume' : 'clock/freeze').then(done))}
          >
            {isFrozen ? 'Let the clock go on' : 'Have the clock stand still'}
          </button>
        </div>
      </form>
      <Failure error={error} />
    </>
  )
}

const actions = {
  error: 'fails with',
  delay: 'waits for, in ms',
  request: 'gets lost before it happens',
  answer: 'happens, and its answer gets lost',
  duplicate: 'happens twice',
} as const

type Action = keyof typeof actions

const atFirst: { action: Action; api: string; topic: string; clientId: string; value: string; times: string } = {
  ...{ action: 'error', api: '', topic: '', clientId: '', value: '', times: '1' },
}

/** As `POST testing/faults` takes it. */
function faultOf({ action, api, topic, clientId, value, times }: typeof atFirst): object {
  const named = Object.entries({ api, topic, clientId }).filter(([, text]) => text !== '')
  return {
    ...Object.fromEntries(named),
    ...(times !== '' && { times: Number(times) }),
    ...(action === 'error' && { error: value }),
    ...(action === 'delay' && { delay: Number(value) }),
    ...((action === 'request' || action === 'answer') && { lose: action }),
    ...(action === 'duplicate' && { duplicate: true }),
  }
}

export function FaultForm({ done }: { done: () => void }) {
  const [fields, setFields] = useState(atFirst)
  const { isBusy, error, start } = useDoing()
  const set = (name: keyof typeof atFirst) => (event: { currentTarget: { value: string } }) =>
    setFields({ ...fields, [name]: event.currentTarget.value })
  const { action } = fields
  return (
    <>
      <form
        class="question"
        aria-label="A fault"
        onSubmit={event => {
          event.preventDefault()
          start(() => say('faults', faultOf(fields)).then(done))
        }}
      >
        <Field label="A request of API">
          <input class="short" value={fields.api} placeholder="any" onInput={set('api')} />
        </Field>
        <Field label="About the topic">
          <input class="short" value={fields.topic} placeholder="any" onInput={set('topic')} />
        </Field>
        <Field label="Of the client">
          <input class="short" value={fields.clientId} placeholder="any" onInput={set('clientId')} />
        </Field>
        <Field label="What becomes of it">
          <Choice
            label="What becomes of it"
            value={action}
            options={actions}
            set={next => setFields({ ...fields, action: next, value: '' })}
          />
        </Field>
        {(action === 'error' || action === 'delay') && (
          <Field label={action === 'error' ? 'Error' : 'Milliseconds'}>
            <input
              required
              value={fields.value}
              inputMode={action === 'delay' ? 'numeric' : 'text'}
              placeholder={action === 'error' ? 'NOT_LEADER_OR_FOLLOWER' : '1000'}
              onInput={set('value')}
            />
          </Field>
        )}
        <Field label="How often">
          <input class="short" type="number" min="1" placeholder="always" value={fields.times} onInput={set('times')} />
        </Field>
        <div class="actions">
          <button type="submit" class="primary" disabled={isBusy}>
            Put it in force
          </button>
        </div>
      </form>
      <Failure error={error} />
    </>
  )
}
