/** A page that lists all of a kind, filtered by name and leafed through. */
import type { Listed } from '../lib/console/answers.ts'
import { pathOf, useAsk } from './api.ts'
import { type Column, Failure, FilterField, Heading, Pager, Table } from './parts.tsx'
import { goTo } from './route.ts'

const [limit, everyMs] = [50, 5_000]

export function ListPage<Row>({
  part,
  query,
  title,
  filterBy,
  caption,
  columns,
  keyOf,
  what,
  none,
  noneLike,
}: {
  /** Where the list is, in the page and in the interface. */
  part: string
  query: URLSearchParams
  title: string
  filterBy: string
  caption: string
  columns: readonly Column<Row>[]
  keyOf: (row: Row) => string
  /** What one is called. */
  what: string
  /** What is said where there is nothing, and nothing that has the filter in its name. */
  none: string
  noneLike: string
}) {
  const filter = query.get('filter') ?? ''
  const from = Number(query.get('from') ?? 0)
  const { data, error, isLoading, again } = useAsk<Listed<Row>>(pathOf([part], { filter, from, limit }), everyMs)
  return (
    <>
      <Heading title={title}>
        <button type="button" onClick={again}>
          Reload
        </button>
      </Heading>
      <div class="bar">
        <FilterField label={filterBy} value={filter} set={text => goTo([part], { filter: text }, true)} />
      </div>
      <Failure error={error} />
      <Table
        caption={caption}
        columns={columns}
        rows={data?.rows ?? (error ? [] : null)}
        keyOf={keyOf}
        isLoading={isLoading}
        empty={filter === '' ? none : noneLike}
      />
      {data && (
        <Pager {...{ from, limit, what }} total={data.matching} go={at => goTo([part], { filter, from: at }, true)} />
      )}
    </>
  )
}
