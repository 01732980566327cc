/** Asks who looks at the cluster, where brokers want to know. */
import { change } from './api.ts'
import { Failure, Field, Heading, useDoing } from './parts.tsx'
import { useState } from './preact.ts'

export function Login({ done, cancel }: { done: () => void; cancel: (() => void) | null }) {
  const [user, setUser] = useState('')
  const [password, setPassword] = useState('')
  const { isBusy, error, start } = useDoing()
  return (
    <>
      <Heading title="Log in" />
      <form
        class="narrow"
        onSubmit={event => {
          event.preventDefault()
          start(() => change('POST', 'login', { user, password }).then(done))
        }}
      >
        <p>As a user of the brokers, by SCRAM or PLAIN. You see here, and may do, what that user may.</p>
        <Field label="User">
          <input value={user} autocomplete="username" required onInput={event => setUser(event.currentTarget.value)} />
        </Field>
        <Field label="Password">
          <input
            type="password"
            value={password}
            autocomplete="current-password"
            onInput={event => setPassword(event.currentTarget.value)}
          />
        </Field>
        <Failure error={error} />
        <div class="actions">
          {cancel !== null && (
            <button type="button" onClick={cancel}>
              Cancel
            </button>
          )}
          <button type="submit" class="primary" disabled={isBusy}>
            Log in
          </button>
        </div>
      </form>
    </>
  )
}
