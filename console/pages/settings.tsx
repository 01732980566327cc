/** Settings of a topic or a broker, with where each value comes from. */
import type { ConfigRow } from '../../lib/console/answers.ts'
import { change, pathOf, useAsk } from '../api.ts'
import { Badge, type Column, Dialog, Failure, Field, FilterField, Heading, Table, useDoing } from '../parts.tsx'
import { useState } from '../preact.ts'
import { linkTo } from '../route.ts'

const sources: Readonly<Record<string, string>> = {
  DYNAMIC_TOPIC_CONFIG: 'this topic',
  DYNAMIC_BROKER_CONFIG: 'this broker, set while it runs',
  DYNAMIC_DEFAULT_BROKER_CONFIG: 'all brokers, set while they run',
  STATIC_BROKER_CONFIG: 'the broker’s start',
  DYNAMIC_GROUP_CONFIG: 'this group',
  DEFAULT_CONFIG: 'default',
}
const sourceText = (source: string) => sources[source] ?? source

export function SettingsPage({ type, name, mayWrite }: { type: 'broker'; name: string; mayWrite: boolean }) {
  return (
    <>
      <p class="above">
        <a href={linkTo(['brokers'])}>Brokers</a>
      </p>
      <Heading title={`Broker ${name}`} />
      <Settings type={type} name={name} mayWrite={mayWrite} />
    </>
  )
}

export function Settings({ type, name, mayWrite }: { type: 'topic' | 'broker'; name: string; mayWrite: boolean }) {
  const [filter, setFilter] = useState('')
  const [isSetOnly, setSetOnly] = useState(false)
  const [edited, setEdited] = useState<ConfigRow | null>(null)
  const path = pathOf(['configs', type, name])
  const { data, error, isLoading, again } = useAsk<ConfigRow[]>(path)
  const wanted = filter.toLowerCase()
  const rows = data?.filter(
    row => (!isSetOnly || row.source !== 'DEFAULT_CONFIG') && row.name.toLowerCase().includes(wanted),
  )
  const columns: Column<ConfigRow>[] = [
    {
      head: 'Setting',
      className: 'once',
      cell: row => (
        <span title={row.documentation ?? ''}>
          <code>{row.name}</code>
        </span>
      ),
    },
    {
      head: 'Value',
      className: 'wide',
      cell: ({ value, isSecret }) =>
        isSecret ? (
          <Badge text="secret" />
        ) : value === null || value === '' ? (
          <Badge text="none" />
        ) : (
          <code>{value}</code>
        ),
    },
    {
      head: 'From',
      cell: ({ source, synonyms }) => (
        <span title={synonyms.map(each => `${each.name}=${each.value ?? ''} (${sourceText(each.source)})`).join('\n')}>
          <Badge text={sourceText(source)} tone={source === 'DEFAULT_CONFIG' ? '' : 'good'} />
        </span>
      ),
    },
    {
      head: <span class="unseen">What to do</span>,
      cell: row => (
        <button
          type="button"
          class="small"
          aria-label={`${mayWrite ? 'Change' : 'About'} ${row.name}`}
          onClick={() => setEdited(row)}
        >
          {mayWrite && !row.isReadOnly ? 'Change' : 'About'}
        </button>
      ),
    },
  ]
  return (
    <>
      <div class="bar">
        <FilterField label="Filter by name" value={filter} set={setFilter} />
        <label class="check">
          <input type="checkbox" checked={isSetOnly} onChange={event => setSetOnly(event.currentTarget.checked)} />
          Only those that are set
        </label>
      </div>
      <Failure error={error} />
      <Table
        caption={`Settings of ${type} ${name}`}
        columns={columns}
        rows={rows ?? (error ? [] : null)}
        keyOf={row => row.name}
        isLoading={isLoading}
        empty="No setting is like that."
      />
      {edited !== null && (
        <Setting
          row={edited}
          mayWrite={mayWrite && !edited.isReadOnly}
          set={async value => {
            await change('POST', path, { changes: [{ name: edited.name, value }] })
            setEdited(null)
            again()
          }}
          close={() => setEdited(null)}
        />
      )}
    </>
  )
}

function Setting({
  row,
  mayWrite,
  set,
  close,
}: {
  row: ConfigRow
  mayWrite: boolean
  set: (value: string | null) => Promise<void>
  close: () => void
}) {
  const [value, setValue] = useState(row.value ?? '')
  const { isBusy, error, start } = useDoing()
  const changed = (event: { currentTarget: { value: string } }) => setValue(event.currentTarget.value)
  const isOwn = row.source.startsWith('DYNAMIC_')
  return (
    <Dialog title={row.name} close={close}>
      <form
        onSubmit={event => {
          event.preventDefault()
          start(() => set(value))
        }}
      >
        {row.documentation !== null && <p>{row.documentation}</p>}
        <table class="plain">
          <caption class="unseen">Where it has a value; the first one counts</caption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Value</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {row.synonyms.map(each => (
              <tr>
                <td>
                  <code>{each.name}</code>
                </td>
                <td>
                  <code>{row.isSecret ? 'secret' : each.value}</code>
                </td>
                <td>{sourceText(each.source)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {mayWrite ? (
          <Field label={`Value (${row.type})`}>
            {row.isSecret ? (
              <input type="password" value={value} autocomplete="off" onInput={changed} />
            ) : (
              <input value={value} autocomplete="off" onInput={changed} />
            )}
          </Field>
        ) : (
          row.isReadOnly && <p class="hint">It is read when the broker starts.</p>
        )}
        <Failure error={error} />
        <div class="actions">
          <button type="button" onClick={close}>
            Close
          </button>
          {mayWrite && isOwn && (
            <button type="button" disabled={isBusy} onClick={() => start(() => set(null))}>
              Back to what is behind it
            </button>
          )}
          {mayWrite && (
            <button type="submit" class="primary" disabled={isBusy}>
              Set
            </button>
          )}
        </div>
      </form>
    </Dialog>
  )
}
