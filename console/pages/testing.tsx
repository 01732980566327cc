/** What a broker for tests is told to do, and does: its clock, the faults in force, and requests as they come. */
import { change, useAsk } from '../api.ts'
import { count, time } from '../format.ts'
import { Badge, type Column, Facts, Failure, Heading, Table, useDoing } from '../parts.tsx'
import { ClockForm, FaultForm } from './testing-forms.tsx'
import { TraceTable, useTrace } from './trace.tsx'

interface ClockState {
  readonly now: number
  readonly frozen: boolean
  readonly warnings: readonly string[]
}

interface FaultState {
  readonly id: number
  readonly description: string
  readonly hits: number
}

/** How often is looked for more. */
const everyMs = 1_000

const faultColumns: readonly Column<FaultState>[] = [
  { head: 'Fault', isNumber: true, cell: ({ id }) => id },
  { head: 'What it does', className: 'wide', cell: ({ description }) => <bdi>{description}</bdi> },
  { head: 'Requests met', isNumber: true, cell: ({ hits }) => count(hits) },
]

export function TestingPage({ mayWrite }: { mayWrite: boolean }) {
  const clock = useAsk<ClockState>('clock', everyMs, 'testing')
  const faults = useAsk<{ faults: FaultState[] }>('faults', everyMs, 'testing')
  const trace = useTrace('testing')
  const removing = useDoing()
  const remove = (path: string) => removing.start(() => change('DELETE', path, {}, 'testing').then(faults.again))
  const columns: readonly Column<FaultState>[] = [
    ...faultColumns,
    {
      head: <span class="unseen">Take out</span>,
      cell: ({ id }) => (
        <button type="button" aria-label={`Take out fault ${id}`} onClick={() => remove(`faults/${id}`)}>
          Take out
        </button>
      ),
    },
  ]
  return (
    <>
      <Heading title="Testing" />
      <Failure error={clock.error} />
      {clock.data && (
        <Facts
          facts={[
            ['The broker’s clock', time(clock.data.now)],
            [
              'State',
              clock.data.frozen ? <Badge text="stands still" tone="warn" /> : <Badge text="goes" tone="good" />,
            ],
          ]}
        />
      )}
      {mayWrite && clock.data && <ClockForm isFrozen={clock.data.frozen} done={clock.again} />}
      {clock.data?.warnings.map(warning => (
        <p class="notice">{warning}</p>
      ))}
      <h2>Faults in force</h2>
      <Table
        caption="Faults in force"
        columns={mayWrite ? columns : faultColumns}
        rows={faults.data?.faults ?? (faults.error ? [] : null)}
        keyOf={({ id }) => id}
        empty="None."
      />
      <Failure error={removing.error} />
      {mayWrite && <FaultForm done={faults.again} />}
      <h2>Requests and answers</h2>
      <TraceTable trace={trace} />
    </>
  )
}
