/** One group: its members, what it has committed, what happened to it, and how its offsets are set. */
import type { GroupAnswer, GroupEventRow, GroupPartitionRow, Listed, MemberRow } from '../../lib/console/answers.ts'
import { change, pathOf, useAsk } from '../api.ts'
import { count, counted, time } from '../format.ts'
import { Badge, type Column, DoButton, Facts, Failure, Heading, Pager, Table } from '../parts.tsx'
import { useState } from '../preact.ts'
import { goTo, linkTo } from '../route.ts'
import { GroupState } from './groups.tsx'
import { ResetOffsets } from './reset.tsx'

const limit = 100

const memberColumns: readonly Column<MemberRow>[] = [
  {
    head: 'Member',
    className: 'once',
    cell: ({ memberId, instanceId }) => (
      <>
        <code>
          <bdi>{memberId}</bdi>
        </code>{' '}
        {instanceId !== null && <Badge text={`static: ${instanceId}`} />}
      </>
    ),
  },
  { head: 'Client', className: 'once', cell: ({ clientId }) => <bdi>{clientId}</bdi> },
  { head: 'From', cell: ({ host }) => host },
  { head: 'Has', className: 'wide', cell: ({ partitions }) => assignment(partitions) },
]

/** By topic, with indexes in runs: `orders 0–5, 9`. */
function assignment(partitions: MemberRow['partitions']): string {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  if (topics.size === 0) return 'nothing'
  return [...topics].map(([topic, indexes]) => `${topic} ${runs(indexes.sort((a, b) => a - b))}`).join('; ')
}

function runs(indexes: readonly number[]): string {
  const all: [from: number, to: number][] = []
  for (const index of indexes) {
    const last = all.at(-1)
    if (last !== undefined && last[1] === index - 1) last[1] = index
    else all.push([index, index])
  }
  return all.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ')
}

const offsetColumns: readonly Column<GroupPartitionRow>[] = [
  {
    head: 'Topic',
    className: 'wide',
    cell: ({ topic }) => <a href={linkTo(['topics', topic])}>{topic}</a>,
  },
  { head: 'Partition', isNumber: true, cell: ({ partition }) => partition },
  { head: 'Committed', isNumber: true, cell: ({ committed }) => count(committed) },
  { head: 'End', isNumber: true, cell: ({ end }) => count(end) },
  { head: 'Lag', isNumber: true, cell: ({ lag }) => count(lag) },
  {
    head: 'Member',
    cell: ({ memberId }) => (
      <code class="short" title={memberId ?? ''}>
        <bdi>{memberId ?? '–'}</bdi>
      </code>
    ),
  },
]

export function GroupPage({
  groupId,
  query,
  mayWrite,
}: {
  groupId: string
  query: URLSearchParams
  mayWrite: boolean
}) {
  const [isResetting, setResetting] = useState(false)
  const from = Number(query.get('from') ?? 0)
  const { data, error, isLoading, again } = useAsk<GroupAnswer>(pathOf(['groups', groupId], { from, limit }), 3_000)
  const topics = [...new Set(data?.partitions.rows.map(({ topic }) => topic))]
  return (
    <>
      <p class="above">
        <a href={linkTo(['groups'])}>Groups</a>
      </p>
      <Heading title={groupId}>
        {mayWrite && data && (
          <>
            <button type="button" onClick={() => setResetting(true)}>
              Set offsets
            </button>
            <DoButton
              text="Delete"
              className="danger"
              question={`${groupId} is deleted, with all that it has committed.`}
              run={() => change('DELETE', pathOf(['groups', groupId])).then(() => goTo(['groups']))}
            />
          </>
        )}
      </Heading>
      <Failure error={error} />
      {data && (
        <Facts
          facts={[
            ['State', <GroupState state={data.state} />],
            ['Kind', data.kind],
            ['Assignor', data.assignor || '–'],
            ['Coordinator', `broker ${data.coordinator}`],
            ['Members', count(data.members.length)],
            ['Lag', count(data.lag)],
          ]}
        />
      )}
      <h2>Members</h2>
      <Table
        caption={`Members of ${groupId}`}
        columns={memberColumns}
        rows={data?.members ?? (error ? [] : null)}
        keyOf={({ memberId }) => memberId}
        empty="Nobody is in it now."
      />
      <h2>Offsets</h2>
      <Table
        caption={`Offsets of ${groupId}`}
        columns={offsetColumns}
        rows={data?.partitions.rows ?? (error ? [] : null)}
        keyOf={({ topic, partition }) => `${topic}-${partition}`}
        isLoading={isLoading}
        empty="It has committed nothing."
      />
      {data && (
        <Pager
          {...{ from, limit }}
          total={data.partitions.matching}
          what="partition"
          go={at => goTo(['groups', groupId], { from: at }, true)}
        />
      )}
      <h2>What happened to it</h2>
      {data && <Events groupId={groupId} />}
      {isResetting && (
        <ResetOffsets
          groupId={groupId}
          topics={topics}
          close={() => setResetting(false)}
          done={() => {
            setResetting(false)
            again()
          }}
        />
      )}
    </>
  )
}

function Events({ groupId }: { groupId: string }) {
  const { data, error } = useAsk<Listed<GroupEventRow>>(pathOf(['groups', groupId, 'events']), 3_000)
  if (data === null) return <Failure error={error} />
  if (data.rows.length === 0) {
    return (
      <p class="hint">Nothing since its coordinator started, or it is coordinated by another broker: look there.</p>
    )
  }
  return (
    <ol class="events" aria-label={`Events of ${groupId}, the newest first`}>
      {data.rows.map(({ timeMs, what, fields: { reason, cause, generation, members, state, ...rest } }) => (
        <li>
          <time>{time(timeMs)}</time>
          <div>
            <strong>{sentence(what)}</strong> {generation !== undefined && <Badge text={`generation ${generation}`} />}{' '}
            {members !== undefined && <Badge text={counted(Number(members), 'member')} />}{' '}
            {cause !== undefined && <Badge text={String(cause)} />}{' '}
            {state !== undefined && <span class="hint">was {state}</span>}
            {reason !== undefined && (
              <p>
                <bdi>{reason}</bdi>
              </p>
            )}
            {Object.entries(rest).map(([name, value]) => (
              <p class="hint">
                {name}: <bdi>{value}</bdi>
              </p>
            ))}
          </div>
        </li>
      ))}
    </ol>
  )
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
