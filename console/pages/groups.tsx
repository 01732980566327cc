/** All groups, with lag. */
import type { GroupRow, Listed } from '../../lib/console/answers.ts'
import { pathOf, useAsk } from '../api.ts'
import { count } from '../format.ts'
import { Badge, type Column, Failure, FilterField, Heading, Pager, Table } from '../parts.tsx'
import { goTo, linkTo } from '../route.ts'

const limit = 50

const columns: readonly Column<GroupRow>[] = [
  {
    head: 'Group',
    className: 'wide',
    cell: ({ groupId }) => (
      <a href={linkTo(['groups', groupId])}>
        <bdi>{groupId === '' ? '(no name)' : groupId}</bdi>
      </a>
    ),
  },
  { head: 'Kind', cell: ({ kind }) => kind },
  { head: 'State', cell: ({ state }) => <GroupState state={state} /> },
  { head: 'Members', isNumber: true, cell: ({ members }) => count(members) },
  { head: 'Topics', isNumber: true, cell: ({ topics }) => count(topics) },
  { head: 'Lag', isNumber: true, cell: ({ lag }) => count(lag) },
]

export function GroupState({ state }: { state: string }) {
  return (
    <Badge text={state} tone={state === 'Stable' ? 'good' : /Rebalanc|Assigning|Reconcil/.test(state) ? 'warn' : ''} />
  )
}

export function GroupsPage({ query }: { query: URLSearchParams }) {
  const filter = query.get('filter') ?? ''
  const from = Number(query.get('from') ?? 0)
  const { data, error, isLoading, again } = useAsk<Listed<GroupRow>>(pathOf(['groups'], { filter, from, limit }), 5_000)
  return (
    <>
      <Heading title="Groups">
        <button type="button" onClick={again}>
          Reload
        </button>
      </Heading>
      <div class="bar">
        <FilterField label="Filter by name" value={filter} set={text => goTo(['groups'], { filter: text }, true)} />
      </div>
      <Failure error={error} />
      <Table
        caption="Groups"
        columns={columns}
        rows={data?.rows ?? (error ? [] : null)}
        keyOf={({ groupId }) => groupId}
        isLoading={isLoading}
        empty={filter === '' ? 'There are no groups yet.' : 'No group has this in its name.'}
      />
      {data && (
        <Pager
          {...{ from, limit }}
          total={data.matching}
          what="group"
          go={at => goTo(['groups'], { filter, from: at }, true)}
        />
      )}
    </>
  )
}
