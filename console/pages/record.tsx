/** One record, with all that there is to it, and what can be done with it. */
import type { RecordAnswer } from '../../lib/console/answers.ts'
import { pathOf, useAsk } from '../api.ts'
import { bytesOf, isCut, textOf } from '../content.ts'
import { consumeCommand, copy, kcatCommand } from '../copy.ts'
import { count, size, time } from '../format.ts'
import { Facts, Failure } from '../parts.tsx'
import { useEffect, useRef, useState } from '../preact.ts'
import { linkTo } from '../route.ts'
import { Content, Line, Text } from '../shown.tsx'

export function RecordPanel({
  topic,
  place,
  mayWrite,
  bootstrap,
  close,
}: {
  topic: string
  place: RecordAnswer
  mayWrite: boolean
  bootstrap: string
  close: () => void
}) {
  const { partition, offset } = place
  const { data, error } = useAsk<RecordAnswer>(pathOf(['topics', topic, 'partitions', partition, 'records', offset]))
  const record = data ?? place
  const part = (name: string, index?: number) =>
    `api/${pathOf(['topics', topic, 'partitions', partition, 'records', offset, name], { index })}`
  const by = record.timeOf === null ? '' : record.timeOf === 'producer' ? ' (by the producer)' : ' (by the broker)'
  return (
    <section
      class="panel"
      aria-label={`Record ${offset} of partition ${partition}`}
      onKeyDown={event => {
        if (event.key === 'Escape') close()
      }}
    >
      <div class="heading">
        <h2>
          {partition}:{count(offset)}
        </h2>
        <button type="button" class="small" onClick={close}>
          Close
        </button>
      </div>
      <Failure error={error} />
      <Facts
        facts={[
          ['Partition', partition],
          ['Offset', String(offset)],
          ['Time', `${time(record.timestamp)}${by}`],
          ['Time in ms', String(record.timestamp)],
          ['Key', size(record.key?.length)],
          ['Value', size(record.value?.length)],
        ]}
      />
      <div class="actions">
        <CopyButton text="Copy for kcat" content={kcatCommand(bootstrap, topic, record)} />
        <CopyButton text="Copy for ottla" content={consumeCommand(bootstrap, topic, record)} />
        {mayWrite && (
          <a class="button small" href={linkTo(['topics', topic, 'produce'], { partition, offset })}>
            Edit and send again
          </a>
        )}
      </div>
      <Part name="Key" content={record.key} link={part('key')} />
      <Part name="Value" content={record.value} link={part('value')} />
      <h3>Headers</h3>
      {record.headers.length === 0 && <p class="hint">None.</p>}
      {record.headers.length > 0 && (
        <table class="plain">
          <caption class="unseen">Headers</caption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {record.headers.map(({ key, value }, index) => (
              <tr>
                <td>
                  <bdi>
                    <Text text={key} />
                  </bdi>
                </td>
                <td>
                  <Line content={value} />{' '}
                  {value !== null && isCut(value) && (
                    <a href={part('header', index)} download>
                      Save
                    </a>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {record.headerCount > record.headers.length && data !== null && (
        <p class="hint">
          {count(record.headers.length)} of {count(record.headerCount)} are shown.
        </p>
      )}
    </section>
  )
}

function Part({ name, content, link }: { name: string; content: RecordAnswer['key']; link: string }) {
  const text = content && !isCut(content) ? (textOf(content) ?? hexText(bytesOf(content))) : null
  return (
    <>
      <div class="heading">
        <h3>{name}</h3>
        {content !== null && content.length > 0 && (
          <div class="actions">
            {text !== null && <CopyButton text="Copy" content={text} about={name} />}
            <a class="button small" href={link} download>
              Save
            </a>
          </div>
        )}
      </div>
      <Content name={name} content={content} />
    </>
  )
}

function hexText(bytes: Uint8Array): string {
  return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
}

function CopyButton({ text, content, about = '' }: { text: string; content: string; about?: string }) {
  const [done, setDone] = useState('')
  const timer = useRef(0)
  useEffect(() => () => clearTimeout(timer.current), [])
  const run = async () => {
    setDone((await copy(content)) ? 'Copied' : 'The browser does not allow it')
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setDone(''), 1_500)
  }
  return (
    <>
      <button type="button" class="small" title={content.slice(0, 300)} onClick={() => void run()}>
        {done === '' ? `${text}${about === '' ? '' : ` ${about.toLowerCase()}`}` : done}
      </button>
      <span class="unseen" role="status">
        {done}
      </span>
    </>
  )
}
