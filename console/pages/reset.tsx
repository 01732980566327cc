/** Sets offsets of a group: what would come of it is shown first. */
import type { ResetAnswer } from '../../lib/console/answers.ts'
import { change, pathOf } from '../api.ts'
import { count } from '../format.ts'
import { Choice, type Column, Dialog, DialogEnd, Field, Table, useDoing } from '../parts.tsx'
import { useState } from '../preact.ts'

const places = {
  earliest: 'the first record',
  latest: 'the end',
  time: 'a time',
  offset: 'an offset',
  shift: 'so many further on (or back, below 0)',
} as const

const columns: readonly Column<ResetAnswer['partitions'][number]>[] = [
  { head: 'Partition', isNumber: true, cell: ({ partition }) => partition },
  { head: 'Now', isNumber: true, cell: ({ from }) => count(from) },
  { head: 'Then', isNumber: true, cell: ({ to }) => count(to) },
  {
    head: 'Difference',
    isNumber: true,
    cell: ({ from, to }) => (from === null ? '–' : `${to < from ? '−' : '+'}${count(Math.abs(to - from))}`),
  },
  { head: '', cell: ({ error }) => error ?? '' },
]

export function ResetOffsets({
  groupId,
  topics,
  close,
  done,
}: {
  groupId: string
  topics: readonly string[]
  close: () => void
  done: () => void
}) {
  const [topic, setTopic] = useState(topics[0] ?? '')
  const [partitions, setPartitions] = useState('')
  const [to, setTo] = useState<keyof typeof places>('earliest')
  const [value, setValue] = useState('')
  const [plan, setPlan] = useState<ResetAnswer | null>(null)
  const { isBusy, error, start } = useDoing()
  const ask = (apply: boolean) =>
    change<ResetAnswer>('POST', pathOf(['groups', groupId, 'offsets']), {
      ...{ topic, to, apply },
      partitions: partitions.trim() === '' ? null : partitions.split(',').map(Number),
      value: to === 'time' ? new Date(value).getTime() : Number(value),
    })
  const changed = (run: () => void) => {
    setPlan(null)
    run()
  }
  const typed = (event: { currentTarget: { value: string } }) => changed(() => setValue(event.currentTarget.value))
  const failed = plan?.applied && plan.partitions.some(row => row.error !== null)
  return (
    <Dialog title={`Set offsets of ${groupId}`} close={close}>
      <form
        onSubmit={event => {
          event.preventDefault()
          start(async () => {
            const answer = await ask(plan !== null)
            setPlan(answer)
            if (answer.applied && answer.partitions.every(row => row.error === null)) done()
          })
        }}
      >
        <div class="side">
          <Field label="Topic">
            <input
              value={topic}
              list="reset-topics"
              required
              onInput={event => changed(() => setTopic(event.currentTarget.value))}
            />
          </Field>
          <datalist id="reset-topics">
            {topics.map(each => (
              <option value={each} />
            ))}
          </datalist>
          <Field label="Partitions">
            <input
              value={partitions}
              placeholder="all"
              pattern="[0-9, ]*"
              onInput={event => changed(() => setPartitions(event.currentTarget.value))}
            />
          </Field>
        </div>
        <div class="side">
          <Field label="To">
            <Choice label="To" value={to} options={places} set={next => changed(() => setTo(next))} />
          </Field>
          {(to === 'offset' || to === 'shift' || to === 'time') && (
            <Field label={to === 'time' ? 'Local time' : 'Number'}>
              {to === 'time' ? (
                <input type="datetime-local" step="1" required value={value} onInput={typed} />
              ) : (
                <input type="number" step="1" required value={value} onInput={typed} />
              )}
            </Field>
          )}
        </div>
        {plan && (
          <Table
            caption="What it would do"
            columns={columns}
            rows={plan.partitions}
            keyOf={({ partition }) => partition}
            empty="There is nothing to do."
          />
        )}
        <DialogEnd
          {...{ error, close }}
          text={plan === null ? 'Show what it would do' : 'Set them'}
          className={plan === null ? 'primary' : 'danger'}
          isDisabled={isBusy}
        >
          {failed && <p class="notice bad">Some were not set. A group’s offsets can be set while nobody is in it.</p>}
        </DialogEnd>
      </form>
    </Dialog>
  )
}
