/** One topic: its records, partitions, settings, the groups that read it, and how records are written to it. */
import type { ClusterAnswer, Listed, PartitionRow, ReaderRow, TopicAnswer } from '../../lib/console/answers.ts'
import { change, pathOf, useAsk } from '../api.ts'
import { count, size } from '../format.ts'
import {
  Badge,
  type Column,
  Dialog,
  DialogEnd,
  DoButton,
  Facts,
  Failure,
  Field,
  Heading,
  Pager,
  Table,
  Tabs,
  useDoing,
} from '../parts.tsx'
import { useState } from '../preact.ts'
import { goTo, linkTo } from '../route.ts'
import { ProducePage } from './produce.tsx'
import { RecordsPage } from './records.tsx'
import { Settings } from './settings.tsx'

export function TopicPage({
  name,
  tab,
  query,
  cluster,
}: {
  name: string
  tab: string
  query: URLSearchParams
  cluster: ClusterAnswer
}) {
  const { mayWrite, bootstrap } = cluster
  const tabs = [
    { name: 'records', text: 'Records' },
    { name: 'partitions', text: 'Partitions' },
    { name: 'groups', text: 'Groups' },
    { name: 'settings', text: 'Settings' },
    ...(mayWrite ? [{ name: 'produce', text: 'Produce' }] : []),
  ].map(each => ({ ...each, link: linkTo(['topics', name, each.name]) }))
  return (
    <>
      <p class="above">
        <a href={linkTo(['topics'])}>Topics</a>
      </p>
      <Heading title={name}>{mayWrite && <Doings name={name} />}</Heading>
      <Tabs label={`About ${name}`} tabs={tabs} current={tab} />
      {tab === 'records' && <RecordsPage topic={name} mayWrite={mayWrite} bootstrap={bootstrap} />}
      {tab === 'partitions' && <Partitions name={name} query={query} />}
      {tab === 'groups' && <Readers name={name} />}
      {tab === 'settings' && <Settings type="topic" name={name} mayWrite={mayWrite} />}
      {tab === 'produce' && <ProducePage topic={name} query={query} />}
    </>
  )
}

function Doings({ name }: { name: string }) {
  const [isGrowing, setGrowing] = useState(false)
  return (
    <>
      <button type="button" onClick={() => setGrowing(true)}>
        Add partitions
      </button>
      <DoButton
        text="Empty"
        className="danger"
        question={`All records that ${name} holds now are deleted. Groups go on with what comes next.`}
        typed={name}
        run={() => change('DELETE', pathOf(['topics', name, 'records']))}
      />
      <DoButton
        text="Delete"
        className="danger"
        question={`${name} is deleted, with all its records and settings, and what groups have committed for it.`}
        typed={name}
        run={() => change('DELETE', pathOf(['topics', name])).then(() => goTo(['topics']))}
      />
      {isGrowing && <MorePartitions name={name} close={() => setGrowing(false)} />}
    </>
  )
}

function MorePartitions({ name, close }: { name: string; close: () => void }) {
  const { data } = useAsk<TopicAnswer>(pathOf(['topics', name], { limit: 1 }))
  const [number, setNumber] = useState('')
  const { isBusy, error, start } = useDoing()
  const now = data?.partitions.total
  return (
    <Dialog title="Add partitions" close={close}>
      <form
        onSubmit={event => {
          event.preventDefault()
          start(async () => {
            await change('POST', pathOf(['topics', name, 'partitions']), { count: Number(number) })
            close()
            goTo(['topics', name, 'partitions'])
          })
        }}
      >
        <p>
          {name} has {count(now)} now. Records of the same key may go to another partition from then on, and there is no
          way back.
        </p>
        <Field label="Partitions, in all">
          <input
            type="number"
            required
            min={(now ?? 0) + 1}
            value={number}
            onInput={event => setNumber(event.currentTarget.value)}
          />
        </Field>
        <DialogEnd {...{ error, close }} text="Add" isDisabled={isBusy} />
      </form>
    </Dialog>
  )
}

const limit = 100

const partitionColumns: readonly Column<PartitionRow>[] = [
  { head: 'Partition', isNumber: true, cell: ({ index }) => index },
  {
    head: 'Leader',
    isNumber: true,
    cell: ({ leader }) => (leader < 0 ? <Badge text="none" tone="bad" /> : leader),
  },
  { head: 'Epoch', isNumber: true, cell: ({ leaderEpoch }) => leaderEpoch },
  { head: 'Replicas', cell: ({ replicas }) => replicas.join(', ') },
  {
    head: 'In sync',
    cell: ({ replicas, isr }) => (
      <Badge text={isr.join(', ') || 'none'} tone={isr.length < replicas.length ? 'bad' : 'good'} />
    ),
  },
  { head: 'First offset', isNumber: true, cell: ({ start }) => count(start) },
  { head: 'End', isNumber: true, cell: ({ end }) => count(end) },
  {
    head: 'Offsets',
    isNumber: true,
    cell: ({ start, end }) => count(start === null || end === null ? null : end - start),
  },
  { head: 'Size', isNumber: true, cell: ({ bytes, error }) => (error === null ? size(bytes) : error) },
]

function Partitions({ name, query }: { name: string; query: URLSearchParams }) {
  const from = Number(query.get('from') ?? 0)
  const { data, error, isLoading } = useAsk<TopicAnswer>(pathOf(['topics', name], { from, limit }), 5_000)
  const total = data?.partitions.total ?? 0
  return (
    <>
      <Failure error={error} />
      {data && <Facts facts={[['Topic id', <code>{data.topicId}</code>]]} />}
      <Table
        caption={`Partitions of ${name}`}
        columns={partitionColumns}
        rows={data?.partitions.rows ?? (error ? [] : null)}
        keyOf={({ index }) => index}
        isLoading={isLoading}
        empty="There are none."
      />
      {data && (
        <Pager
          {...{ from, limit, total }}
          what="partition"
          go={at => goTo(['topics', name, 'partitions'], { from: at })}
        />
      )}
    </>
  )
}

const readerColumns: readonly Column<ReaderRow>[] = [
  {
    head: 'Group',
    className: 'wide',
    cell: ({ groupId }) => (
      <a href={linkTo(['groups', groupId])}>
        <bdi>{groupId}</bdi>
      </a>
    ),
  },
  { head: 'State', cell: ({ state }) => <Badge text={state} tone={state === 'Stable' ? 'good' : ''} /> },
  { head: 'Lag in this topic', isNumber: true, cell: ({ lag }) => count(lag) },
]

function Readers({ name }: { name: string }) {
  const { data, error, isLoading } = useAsk<Listed<ReaderRow>>(pathOf(['topics', name, 'groups']), 5_000)
  return (
    <>
      <Failure error={error} />
      <Table
        caption={`Groups that read ${name}`}
        columns={readerColumns}
        rows={data?.rows ?? (error ? [] : null)}
        keyOf={({ groupId }) => groupId}
        isLoading={isLoading}
        empty="No group has committed an offset of this topic."
      />
      {data !== null && data.total > 200 && <p class="hint">The first 200 of {count(data.total)} groups were asked.</p>}
    </>
  )
}
