/** Brokers with their disks, and partitions that are not as they should be. */
import type { BrokerRow, DirectoryRow, ReplicationAnswer, ReplicationRow } from '../../lib/console/answers.ts'
import { pathOf, useAsk } from '../api.ts'
import { count, counted, size } from '../format.ts'
import { Badge, type Column, Failure, Heading, Pager, Table } from '../parts.tsx'
import { goTo, linkTo } from '../route.ts'

const limit = 50

const brokerColumns: readonly Column<BrokerRow>[] = [
  {
    head: 'Broker',
    className: 'once',
    cell: ({ nodeId, isController, isFenced }) => (
      <>
        <a href={linkTo(['brokers', nodeId])}>{nodeId}</a> {isController && <Badge text="controller" />}{' '}
        {isFenced && <Badge text="fenced" tone="bad" />}
      </>
    ),
  },
  { head: 'Address', className: 'wide', cell: ({ host, port }) => <code>{`${host}:${port}`}</code> },
  { head: 'Rack', cell: ({ rack }) => rack ?? '–' },
  { head: 'Leads', isNumber: true, cell: ({ leads }) => count(leads) },
  { head: 'Replicas', isNumber: true, cell: ({ replicas }) => count(replicas) },
  {
    head: 'Not in sync',
    isNumber: true,
    cell: ({ underReplicated }) => <Badge text={count(underReplicated)} tone={underReplicated > 0 ? 'bad' : 'good'} />,
  },
  {
    head: 'Data',
    isNumber: true,
    cell: ({ directories }) => size(directories?.reduce((sum, { bytes }) => sum + bytes, 0)),
  },
]

type Directory = DirectoryRow & { readonly nodeId: number }

const directoryColumns: readonly Column<Directory>[] = [
  { head: 'Broker', isNumber: true, cell: ({ nodeId }) => nodeId },
  { head: 'Directory', className: 'wide', cell: ({ path }) => <code>{path}</code> },
  { head: 'State', cell: ({ error }) => <Badge text={error ?? 'online'} tone={error === null ? 'good' : 'bad'} /> },
  { head: 'Data', isNumber: true, cell: ({ bytes }) => size(bytes) },
  { head: 'Free', isNumber: true, cell: ({ usableBytes }) => size(usableBytes) },
  { head: 'Disk', isNumber: true, cell: ({ totalBytes }) => size(totalBytes) },
]

const replicationColumns: readonly Column<ReplicationRow>[] = [
  {
    head: 'Topic',
    className: 'wide',
    cell: ({ topic }) => <a href={linkTo(['topics', topic, 'partitions'])}>{topic}</a>,
  },
  { head: 'Partition', isNumber: true, cell: ({ partition }) => partition },
  {
    head: 'What is the matter',
    cell: ({ trouble }) => (
      <Badge text={trouble} tone={trouble === 'no leader' || trouble === 'under-replicated' ? 'bad' : 'warn'} />
    ),
  },
  { head: 'Leader', isNumber: true, cell: ({ leader }) => (leader < 0 ? 'none' : leader) },
  { head: 'Replicas', cell: ({ replicas }) => replicas.join(', ') },
  { head: 'In sync', cell: ({ isr }) => isr.join(', ') || 'none' },
]

export function BrokersPage({ query }: { query: URLSearchParams }) {
  const from = Number(query.get('from') ?? 0)
  const { data, error, isLoading } = useAsk<BrokerRow[]>('brokers', 15_000)
  const replication = useAsk<ReplicationAnswer>(pathOf(['replication'], { from, limit }), 15_000)
  const directories = data?.flatMap(({ nodeId, directories: all }) => (all ?? []).map(each => ({ nodeId, ...each })))
  return (
    <>
      <Heading title="Brokers" />
      <Failure error={error} />
      <Table
        caption="Brokers"
        columns={brokerColumns}
        rows={data ?? (error ? [] : null)}
        keyOf={({ nodeId }) => nodeId}
        isLoading={isLoading}
        empty="There are none."
      />
      <h2>Data directories</h2>
      <Table
        caption="Data directories"
        columns={directoryColumns}
        rows={directories ?? (error ? [] : null)}
        keyOf={({ nodeId, path }) => `${nodeId} ${path}`}
        empty="The brokers do not tell this user of them."
      />
      <h2>Replication</h2>
      <Failure error={replication.error} />
      <Table
        caption="Partitions that are not as they should be"
        columns={replicationColumns}
        rows={replication.data?.rows.rows ?? (replication.error ? [] : null)}
        keyOf={({ topic, partition }) => `${topic}-${partition}`}
        empty={`All is well: ${counted(replication.data?.partitions ?? 0, 'partition')}, each with all its replicas in sync, led by the first of them.`}
      />
      {replication.data && replication.data.rows.matching > 0 && (
        <Pager
          {...{ from, limit }}
          total={replication.data.rows.matching}
          what="partition"
          go={at => goTo(['brokers'], { from: at }, true)}
        />
      )}
    </>
  )
}
