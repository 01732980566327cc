/** Transactional ids, and what is open under each. */
import type { Listed, TransactionAnswer, TransactionRow } from '../../lib/console/answers.ts'
import { change, pathOf, useAsk } from '../api.ts'
import { count, span, time } from '../format.ts'
import { Badge, type Column, DoButton, Facts, Failure, FilterField, Heading, Pager, Table } from '../parts.tsx'
import { goTo, linkTo } from '../route.ts'

const limit = 50

const columns: readonly Column<TransactionRow>[] = [
  {
    head: 'Transactional id',
    className: 'wide',
    cell: ({ transactionalId }) => (
      <a href={linkTo(['transactions', transactionalId])}>
        <bdi>{transactionalId}</bdi>
      </a>
    ),
  },
  { head: 'State', cell: ({ state }) => <TransactionState state={state} /> },
  { head: 'Producer id', isNumber: true, cell: ({ producerId }) => producerId },
  { head: 'Coordinator', isNumber: true, cell: ({ coordinator }) => coordinator },
]

function TransactionState({ state }: { state: string }) {
  return <Badge text={state} tone={state === 'Ongoing' ? 'warn' : state === 'CompleteCommit' ? 'good' : ''} />
}

export function TransactionsPage({ query }: { query: URLSearchParams }) {
  const filter = query.get('filter') ?? ''
  const from = Number(query.get('from') ?? 0)
  const { data, error, isLoading } = useAsk<Listed<TransactionRow>>(
    pathOf(['transactions'], { filter, from, limit }),
    5_000,
  )
  return (
    <>
      <Heading title="Transactions" />
      <div class="bar">
        <FilterField label="Filter by id" value={filter} set={text => goTo(['transactions'], { filter: text }, true)} />
      </div>
      <Failure error={error} />
      <Table
        caption="Transactional ids"
        columns={columns}
        rows={data?.rows ?? (error ? [] : null)}
        keyOf={({ transactionalId }) => transactionalId}
        isLoading={isLoading}
        empty={filter === '' ? 'Nobody has used a transactional id yet.' : 'No id has this in it.'}
      />
      {data && (
        <Pager
          {...{ from, limit }}
          total={data.matching}
          what="transactional id"
          go={at => goTo(['transactions'], { filter, from: at }, true)}
        />
      )}
    </>
  )
}

type Place = TransactionAnswer['partitions'][number]

const placeColumns: readonly Column<Place>[] = [
  { head: 'Topic', className: 'wide', cell: ({ topic }) => <a href={linkTo(['topics', topic])}>{topic}</a> },
  { head: 'Partition', isNumber: true, cell: ({ partition }) => partition },
]

export function TransactionPage({ id, mayWrite }: { id: string; mayWrite: boolean }) {
  const { data, error, again } = useAsk<TransactionAnswer>(pathOf(['transactions', id]), 3_000)
  return (
    <>
      <p class="above">
        <a href={linkTo(['transactions'])}>Transactions</a>
      </p>
      <Heading title={id}>
        {mayWrite && data && (
          <DoButton
            text="Shut its producer out"
            className="danger"
            question={`What is open under ${id} is aborted, and the producer that uses the id now is refused from then on.`}
            run={() => change('POST', pathOf(['transactions', id, 'abort'])).then(again)}
          />
        )}
      </Heading>
      <Failure error={error} />
      {data && (
        <Facts
          facts={[
            ['State', <TransactionState state={data.state} />],
            ['Producer id', String(data.producerId)],
            ['Epoch', String(data.producerEpoch)],
            ['Coordinator', `broker ${data.coordinator}`],
            ['Ends by itself after', span(data.timeoutMs)],
            [
              'Began',
              data.startTimeMs < 0 ? '–' : `${time(data.startTimeMs)}, ${span(Date.now() - data.startTimeMs)} ago`,
            ],
            ['Partitions', count(data.partitions.length)],
          ]}
        />
      )}
      <h2>Partitions in it</h2>
      <Table
        caption={`Partitions in the transaction of ${id}`}
        columns={placeColumns}
        rows={data?.partitions ?? (error ? [] : null)}
        keyOf={({ topic, partition }) => `${topic}-${partition}`}
        empty="None."
      />
    </>
  )
}
