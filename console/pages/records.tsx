/** Records of a topic: looked for from either end, an offset or a time, filtered, followed as they come, and one of them in full. */
import type { RecordAnswer } from '../../lib/console/answers.ts'
import { count, counted, size, time } from '../format.ts'
import { Badge, type Column, Failure, Table } from '../parts.tsx'
import { useEffect, useRef, useState } from '../preact.ts'
import { Line } from '../shown.tsx'
import { type Question, QuestionForm, questionAtFirst } from './question.tsx'
import { RecordPanel } from './record.tsx'
import { type Found, useRecords } from './records-found.ts'

const keyOf = ({ partition, offset }: Pick<RecordAnswer, 'partition' | 'offset'>) => `${partition}:${offset}`

export function RecordsPage({ topic, mayWrite, bootstrap }: { topic: string; mayWrite: boolean; bootstrap: string }) {
  const [question, setQuestion] = useState<Question>(questionAtFirst)
  const { found, look, follow, stop } = useRecords(topic)
  const [shown, setShown] = useState<RecordAnswer | null>(null)
  const table = useRef<HTMLDivElement>(null)
  useEffect(() => look(questionAtFirst), [topic])

  const columns: readonly Column<RecordAnswer>[] = [
    {
      head: 'Offset',
      isNumber: true,
      className: 'offset',
      cell: record => (
        <button
          type="button"
          class="link row"
          aria-label={`Record ${record.offset} of partition ${record.partition}`}
          aria-pressed={shown !== null && keyOf(shown) === keyOf(record)}
          onClick={() => setShown(record)}
        >
          {count(record.offset)}
        </button>
      ),
    },
    { head: 'Part.', isNumber: true, cell: ({ partition }) => partition },
    { head: 'Time', className: 'when', cell: ({ timestamp }) => <When ms={timestamp} /> },
    { head: 'Key', className: 'key', cell: ({ key }) => <Line content={key} /> },
    { head: 'Value', className: 'wide', cell: ({ value }) => <Line content={value} isTombstone /> },
    { head: 'Headers', isNumber: true, className: 'extra', cell: ({ headerCount }) => headerCount || '' },
    {
      head: 'Size',
      isNumber: true,
      className: 'extra',
      cell: ({ key, value }) => size((key?.length ?? 0) + (value?.length ?? 0)),
    },
  ]

  /** Arrows go from one record to the next. */
  const moved = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const rows = [...table.current!.querySelectorAll<HTMLButtonElement>('button.row')]
    const at = rows.indexOf(event.target as HTMLButtonElement)
    if (step === 0 || at < 0) return
    event.preventDefault()
    const next = rows[at + step]
    next?.focus()
    if (shown !== null) next?.click()
  }

  return (
    <>
      <QuestionForm
        question={question}
        set={setQuestion}
        isBusy={found.isLooking || found.isLive}
        look={() => look(question)}
        follow={() => follow(question)}
        stop={stop}
      />
      <Failure error={found.error} />
      <div class={shown === null ? 'records' : 'records split'}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons in it take the keys, wherever they are */}
        <div ref={table} onKeyDown={moved}>
          <Table
            caption={`Records of ${topic}`}
            columns={columns}
            rows={found.isBegun || found.error ? found.records : null}
            keyOf={keyOf}
            isLoading={found.isLooking}
            empty={found.isLive ? 'Waiting for records …' : found.isLooking ? 'Looking …' : 'There are none like that.'}
          />
          <Progress found={found} more={() => look(question, true)} />
        </div>
        {shown !== null && (
          <RecordPanel
            key={keyOf(shown)}
            {...{ topic, mayWrite, bootstrap }}
            place={shown}
            close={() => {
              const key = keyOf(shown)
              setShown(null)
              table.current?.querySelectorAll<HTMLButtonElement>('button.row').forEach((button, index) => {
                const record = found.records[index]
                if (record !== undefined && keyOf(record) === key) button.focus()
              })
            }}
          />
        )}
      </div>
    </>
  )
}

/** The day gives way where there is little room. */
function When({ ms }: { ms: number }) {
  const [day, clock = ''] = time(ms).split(' ')
  return (
    <>
      <span class={clock === '' ? '' : 'day'}>{day} </span>
      {clock}
    </>
  )
}

/** How far was looked, and on. */
function Progress({ found, more }: { found: Found; more: () => void }) {
  const { records, looked, isLive, isLooking, isFiltered, hasMore, leftOut } = found
  return (
    <div class="pager">
      <span role="status">
        {isLive && <Badge text="live" tone="good" />} {counted(records.length, 'record')}
        {isFiltered && `, looked at ${counted(looked.records, 'record')}, ${size(looked.bytes)}`}
        {isLooking && ' …'}
        {!hasMore && !isLive && !isLooking && found.isBegun && ', and there are no more'}
      </span>
      {leftOut > 0 && <span class="hint">{count(leftOut)} partitions were left out: choose some above.</span>}
      {hasMore && !isLooking && !isLive && (
        <button type="button" onClick={more}>
          {isFiltered ? 'Look further' : 'More'}
        </button>
      )}
    </div>
  )
}
