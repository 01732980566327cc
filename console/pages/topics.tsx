/** All topics, and how another is made. */
import type { ClusterAnswer, Listed, TopicRow } from '../../lib/console/answers.ts'
import { change, pathOf, useAsk } from '../api.ts'
import { count, size } from '../format.ts'
import {
  Badge,
  type Column,
  Dialog,
  DialogEnd,
  Failure,
  Field,
  FilterField,
  Heading,
  Pager,
  Table,
  useDoing,
} from '../parts.tsx'
import { useState } from '../preact.ts'
import { goTo, linkTo } from '../route.ts'

const limit = 50

const columns: readonly Column<TopicRow>[] = [
  {
    head: 'Topic',
    className: 'wide',
    cell: ({ name, isInternal }) => (
      <>
        <a href={linkTo(['topics', name])}>{name}</a> {isInternal && <Badge text="internal" />}
      </>
    ),
  },
  { head: 'Partitions', isNumber: true, cell: ({ partitions }) => count(partitions) },
  { head: 'Replicas', isNumber: true, cell: ({ replicas }) => count(replicas) },
  {
    head: 'In sync',
    cell: ({ underReplicated }) =>
      underReplicated === 0 ? <Badge text="all" tone="good" /> : <Badge text={`${underReplicated} not`} tone="bad" />,
  },
  { head: 'Offsets', isNumber: true, cell: ({ records }) => count(records) },
  { head: 'Size', isNumber: true, cell: ({ bytes }) => size(bytes) },
]

export function TopicsPage({ query, cluster }: { query: URLSearchParams; cluster: ClusterAnswer }) {
  const { mayWrite, user, canLogIn } = cluster
  const [isMaking, setMaking] = useState(false)
  const filter = query.get('filter') ?? ''
  const internal = query.get('internal') === '1'
  const sort = query.get('sort') ?? ''
  const from = Number(query.get('from') ?? 0)
  const { data, error, isLoading, again } = useAsk<Listed<TopicRow>>(
    pathOf(['topics'], { filter, internal, sort, from, limit }),
  )
  const go = (next: object) => goTo(['topics'], { filter, internal, sort, from: 0, ...next }, true)
  return (
    <>
      <Heading title="Topics">
        <button type="button" onClick={again}>
          Reload
        </button>
        {mayWrite && (
          <button type="button" class="primary" onClick={() => setMaking(true)}>
            New topic
          </button>
        )}
      </Heading>
      <div class="bar">
        <FilterField label="Filter by name" value={filter} set={text => go({ filter: text })} />
        <label class="check">
          <input type="checkbox" checked={internal} onChange={event => go({ internal: event.currentTarget.checked })} />
          Internal ones too
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={sort === 'partitions'}
            onChange={event => go({ sort: event.currentTarget.checked ? 'partitions' : '' })}
          />
          Most partitions first
        </label>
      </div>
      <Failure error={error} />
      <Table
        caption="Topics"
        columns={columns}
        rows={data?.rows ?? (error ? [] : null)}
        keyOf={({ name }) => name}
        isLoading={isLoading}
        empty={
          filter !== ''
            ? 'No topic has this in its name.'
            : user === null && canLogIn
              ? 'There is no topic that User:ANONYMOUS may see. Who logs in may see more.'
              : 'There are no topics yet.'
        }
      />
      {data && <Pager from={from} limit={limit} total={data.matching} what="topic" go={at => go({ from: at })} />}
      {isMaking && <NewTopic close={() => setMaking(false)} />}
    </>
  )
}

function NewTopic({ close }: { close: () => void }) {
  const [fields, setFields] = useState({ name: '', partitions: '', replicas: '', configs: '' })
  const { isBusy, error, start } = useDoing()
  const set = (name: keyof typeof fields) => (event: { currentTarget: { value: string } }) =>
    setFields({ ...fields, [name]: event.currentTarget.value })
  const make = async () => {
    const { name, partitions, replicas } = fields
    await change('POST', 'topics', {
      name,
      partitions: partitions === '' ? -1 : Number(partitions),
      replicationFactor: replicas === '' ? -1 : Number(replicas),
      configs: configsIn(fields.configs),
    })
    close()
    goTo(['topics', name])
  }
  return (
    <Dialog title="New topic" close={close}>
      <form
        onSubmit={event => {
          event.preventDefault()
          start(make)
        }}
      >
        <Field label="Name" hint="Letters, digits, dots, hyphens and underscores.">
          <input value={fields.name} required autocomplete="off" onInput={set('name')} />
        </Field>
        <div class="side">
          {(['partitions', 'replicas'] as const).map(name => (
            <Field label={name === 'partitions' ? 'Partitions' : 'Replicas'}>
              <input type="number" min="1" placeholder="as the brokers say" value={fields[name]} onInput={set(name)} />
            </Field>
          ))}
        </div>
        <Field label="Settings" hint="One in a line, as in retention.ms=3600000.">
          <textarea rows={4} spellcheck={false} value={fields.configs} onInput={set('configs')} />
        </Field>
        <DialogEnd {...{ error, close }} text="Create" isDisabled={isBusy} />
      </form>
    </Dialog>
  )
}

/** Lines of `name=value`. */
function configsIn(text: string): Record<string, string> {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  return Object.fromEntries(
    lines.map(line => {
      const at = line.indexOf('=')
      return at < 0 ? [line.trim(), ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )
}
