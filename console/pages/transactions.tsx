/** Transactional ids, and what is open under each. */
import type { TransactionAnswer, TransactionRow } from '../../lib/console/answers.ts'
import { change, pathOf, useAsk } from '../api.ts'
import { count, span, time } from '../format.ts'
import { ListPage } from '../list-page.tsx'
import { Badge, type Column, DoButton, Facts, Failure, Heading, Table } from '../parts.tsx'
import { linkTo } from '../route.ts'

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
  return (
    <ListPage
      {...{ query, columns }}
      part="transactions"
      title="Transactions"
      filterBy="Filter by id"
      caption="Transactional ids"
      keyOf={({ transactionalId }) => transactionalId}
      what="transactional id"
      none="Nobody has used a transactional id yet."
      noneLike="No id has this in it."
    />
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
