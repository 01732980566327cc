/** What a broker for tests is told to do, and does: its clock, the faults in force, and requests as they come. */
import { ApiError, ask, change, useAsk } from '../api.ts'
import { count, time } from '../format.ts'
import { Badge, type Column, Facts, Failure, Heading, Table, useDoing } from '../parts.tsx'
import { useEffect, useState } from '../preact.ts'
import { ClockForm, FaultForm } from './testing-forms.tsx'

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

interface TraceLine {
  readonly number: number
  readonly at: number
  readonly kind: 'request' | 'answer' | 'fault' | 'closed'
  readonly connection: number
  readonly clientId: string | null
  readonly api: string | null
  readonly version: number | null
  readonly text: string
}

/** Lines that are kept, and how often is looked for more. */
const [linesMax, everyMs] = [500, 1_000]
/** How this page names itself as a client. */
const own = 'ottla-console'

const faultColumns: readonly Column<FaultState>[] = [
  { head: 'Fault', isNumber: true, cell: ({ id }) => id },
  { head: 'What it does', className: 'wide', cell: ({ description }) => <bdi>{description}</bdi> },
  { head: 'Requests met', isNumber: true, cell: ({ hits }) => count(hits) },
]

const lineColumns: readonly Column<TraceLine>[] = [
  { head: 'Time', className: 'once', cell: ({ at }) => time(at).split(' ')[1] ?? '' },
  {
    head: 'Client',
    className: 'once',
    cell: ({ clientId, connection }) => <bdi>{`${clientId ?? '–'} (${connection})`}</bdi>,
  },
  {
    head: 'What',
    className: 'once',
    cell: ({ kind, api, version }) => (
      <>
        <Badge text={kind} tone={kind === 'fault' ? 'bad' : kind === 'closed' ? 'warn' : ''} />{' '}
        {api !== null && `${api} v${version}`}
      </>
    ),
  },
  { head: 'In words', className: 'wide', cell: ({ text }) => <bdi>{text}</bdi> },
]

export function TestingPage({ mayWrite }: { mayWrite: boolean }) {
  const clock = useAsk<ClockState>('clock', everyMs, 'testing')
  const faults = useAsk<{ faults: FaultState[] }>('faults', everyMs, 'testing')
  const [lines, error] = useTrace()
  const [withOwn, setWithOwn] = useState(false)
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
  const shown = withOwn ? lines : lines.filter(({ clientId }) => clientId !== own)
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
      <div class="bar">
        <label class="check">
          <input type="checkbox" checked={withOwn} onChange={event => setWithOwn(event.currentTarget.checked)} />
          This page’s own, too
        </label>
      </div>
      <Failure error={error} />
      <Table
        caption="Requests and answers, the newest first"
        columns={lineColumns}
        rows={shown}
        keyOf={({ number }) => number}
        empty="Nobody has asked anything yet."
      />
    </>
  )
}

/** The newest lines of the trace, the newest first, and more as they come. */
function useTrace(): [readonly TraceLine[], ApiError | null] {
  const [lines, setLines] = useState<readonly TraceLine[]>([])
  const [error, setError] = useState<ApiError | null>(null)
  useEffect(() => {
    const controller = new AbortController()
    let [since, isLooking] = [0, false]
    const look = async () => {
      const { lines: more, last } = await ask<{ lines: TraceLine[]; last: number }>(
        `trace?since=${since}`,
        { signal: controller.signal },
        'testing',
      )
      since = last
      setError(null)
      if (more.length > 0) setLines(known => [...more.reverse(), ...known].slice(0, linesMax))
    }
    const run = () => {
      // Two at a time would tell the same lines twice.
      if (document.visibilityState !== 'visible' || isLooking) return
      isLooking = true
      look()
        .catch(failure => {
          if (failure instanceof ApiError) setError(failure)
        })
        .finally(() => {
          isLooking = false
        })
    }
    run()
    const timer = setInterval(run, everyMs)
    return () => {
      clearInterval(timer)
      controller.abort()
    }
  }, [])
  return [lines, error]
}
