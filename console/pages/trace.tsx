/** What clients ask and are answered, in words, as it comes. */
import type { TraceAnswer } from '../../lib/console/answers.ts'
import type { TraceLine } from '../../lib/trace/line.ts'
import { ApiError, ask } from '../api.ts'
import { counted, time } from '../format.ts'
import { Badge, type Column, Failure, Heading, Table } from '../parts.tsx'
import { useEffect, useState } from '../preact.ts'

/** Lines that are kept, and how often is looked for more. */
const [linesMax, everyMs] = [500, 1_000]
/** How this page names itself as a client. */
const own = 'ottla-console'

/** Lines as far as they have come, the newest first. */
interface Trace {
  readonly lines: readonly TraceLine[]
  /** Null where that is not told. */
  readonly sinceMs: number | null
  /** Lines that came faster than they were shown. */
  readonly missed: number
  readonly error: ApiError | null
}

const columns: readonly Column<TraceLine>[] = [
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
  {
    head: 'In words',
    className: 'wide',
    cell: ({ text, cause }) => <bdi>{cause === undefined ? text : `${text} (${cause})`}</bdi>,
  },
]

export function TracePage() {
  const trace = useTrace('api')
  return (
    <>
      <Heading title="Trace" />
      <p>
        {trace.sinceMs === null
          ? 'What clients ask this broker and are answered.'
          : `What clients ask this broker and are answered, since ${time(trace.sinceMs)}. It is told while somebody looks.`}
      </p>
      <TraceTable trace={trace} />
    </>
  )
}

export function TraceTable({ trace: { lines, missed, error } }: { trace: Trace }) {
  const [withOwn, setWithOwn] = useState(false)
  return (
    <>
      <div class="bar">
        <label class="check">
          <input type="checkbox" checked={withOwn} onChange={event => setWithOwn(event.currentTarget.checked)} />
          This page’s own, too
        </label>
      </div>
      <Failure error={error} />
      {missed > 0 && <p class="notice">{`${counted(missed, 'line')} came faster than they could be shown.`}</p>}
      <Table
        caption="Requests and answers, the newest first"
        columns={columns}
        rows={withOwn ? lines : lines.filter(({ clientId }) => clientId !== own)}
        keyOf={({ number }) => number}
        empty="Nobody has asked anything yet."
      />
    </>
  )
}

/** The trace below this path, and more of it as it comes. */
export function useTrace(below: 'api' | 'testing'): Trace {
  const [trace, setTrace] = useState<Trace>({ lines: [], sinceMs: null, missed: 0, error: null })
  useEffect(() => {
    const controller = new AbortController()
    let [since, isLooking] = [0, false]
    const look = async () => {
      type Told = Pick<TraceAnswer, 'lines' | 'last'> & Partial<TraceAnswer>
      const told = await ask<Told>(`trace?since=${since}`, { signal: controller.signal }, below)
      const { last, sinceMs = null, missed = 0 } = told
      since = last
      const more = [...told.lines].reverse()
      setTrace(known => ({
        lines: more.length === 0 ? known.lines : [...more, ...known.lines].slice(0, linesMax),
        missed: known.missed + missed,
        ...{ sinceMs, error: null },
      }))
    }
    const run = () => {
      // Two at a time would tell the same lines twice.
      if (document.visibilityState !== 'visible' || isLooking) return
      isLooking = true
      look()
        .catch(error => {
          if (error instanceof ApiError) setTrace(known => ({ ...known, error }))
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
  return trace
}
