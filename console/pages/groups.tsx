/** All groups, with lag. */
import type { GroupRow } from '../../lib/console/answers.ts'
import { count } from '../format.ts'
import { ListPage } from '../list-page.tsx'
import { Badge, type Column } from '../parts.tsx'
import { linkTo } from '../route.ts'

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
  return (
    <ListPage
      {...{ query, columns }}
      part="groups"
      title="Groups"
      filterBy="Filter by name"
      caption="Groups"
      keyOf={({ groupId }) => groupId}
      what="group"
      none="There are no groups yet."
      noneLike="No group has this in its name."
    />
  )
}
