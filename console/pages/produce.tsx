/** Writes a record by hand: a new one, or an edited copy of one that is there. */
import type { Bytes, ProducedAnswer, RecordAnswer } from '../../lib/console/answers.ts'
import { ApiError, change, pathOf, useAsk } from '../api.ts'
import { base64Of, isCut, textOf } from '../content.ts'
import { count } from '../format.ts'
import { Choice, Failure, Field, useDoing } from '../parts.tsx'
import { useEffect, useState } from '../preact.ts'
import { linkTo } from '../route.ts'

/** What a person writes for bytes. */
interface Draft {
  readonly form: 'null' | 'text' | 'base64'
  readonly text: string
}

interface HeaderDraft extends Draft {
  readonly name: string
}

const forms = { text: 'Text', base64: 'Base64', null: 'Null' } as const
const noText: Draft = { form: 'text', text: '' }
/** The interface takes no more. */
const bytesMax = 700_000

function draftOf(content: Bytes | null): Draft {
  if (content === null) return { form: 'null', text: '' }
  const text = textOf(content)
  return text === null ? { form: 'base64', text: content.base64 } : { form: 'text', text }
}

/** Base64, or null. Throws ApiError. */
function sentOf(what: string, { form, text }: Draft): string | null {
  if (form === 'null') return null
  if (form === 'text') return base64Of(new TextEncoder().encode(text))
  try {
    return btoa(atob(text.replaceAll(/\s/g, '')))
  } catch {
    throw new ApiError(400, { error: `${what} is no base64.` })
  }
}

export function ProducePage({ topic, query }: { topic: string; query: URLSearchParams }) {
  const [partition, offset] = [query.get('partition'), query.get('offset')]
  const isCopy = partition !== null && offset !== null
  const { data: copied, error: notCopied } = useAsk<RecordAnswer>(
    isCopy ? pathOf(['topics', topic, 'partitions', partition, 'records', offset]) : null,
  )
  if (isCopy && copied === null) return <Failure error={notCopied} />
  const parts = copied ? [copied.key, copied.value, ...copied.headers.map(({ value }) => value)] : []
  const isTooLarge =
    parts.some(part => part !== null && (isCut(part) || part.length > bytesMax)) ||
    (copied !== null && copied.headerCount > copied.headers.length)
  if (isTooLarge) {
    return (
      <p class="notice bad">This record is too large to be edited here. Save its value, and send that by a client.</p>
    )
  }
  return <ProduceForm key={`${partition}:${offset}`} topic={topic} copied={copied} />
}

function ProduceForm({ topic, copied }: { topic: string; copied: RecordAnswer | null }) {
  const [key, setKey] = useState<Draft>(copied ? draftOf(copied.key) : { form: 'null', text: '' })
  const [value, setValue] = useState<Draft>(copied ? draftOf(copied.value) : noText)
  const [headers, setHeaders] = useState<readonly HeaderDraft[]>(
    copied?.headers.map(each => ({ name: each.key, ...draftOf(each.value) })) ?? [],
  )
  const [partition, setPartition] = useState('')
  const [sent, setSent] = useState<readonly ProducedAnswer[]>([])
  const { isBusy, error, start } = useDoing()
  useEffect(() => setSent([]), [topic])
  const send = async () => {
    const answer = await change<ProducedAnswer>('POST', pathOf(['topics', topic, 'records']), {
      key: sentOf('The key', key),
      value: sentOf('The value', value),
      headers: headers.map(({ name, ...draft }) => ({ key: name, value: sentOf(`The header ${name}`, draft) })),
      ...(partition === '' ? {} : { partition: Number(partition) }),
    })
    setSent(last => [answer, ...last].slice(0, 10))
  }
  const put = (index: number, changes: Partial<HeaderDraft>) =>
    setHeaders(headers.map((each, at) => (at === index ? { ...each, ...changes } : each)))
  return (
    <form
      class="produce"
      onSubmit={event => {
        event.preventDefault()
        start(send)
      }}
    >
      {copied && (
        <p class="hint">
          A copy of {copied.partition}:{count(copied.offset)}. It gets the time of now.
        </p>
      )}
      <BytesField label="Key" draft={key} set={setKey} rows={2} />
      <BytesField label="Value" draft={value} set={setValue} rows={12} />
      <fieldset>
        <legend>Headers</legend>
        {headers.map((header, index) => (
          <div class="side header">
            <input
              aria-label={`Name of header ${index + 1}`}
              placeholder="Name"
              value={header.name}
              onInput={event => put(index, { name: event.currentTarget.value })}
            />
            <Choice
              label={`Form of header ${index + 1}`}
              value={header.form}
              options={forms}
              set={form => put(index, { form })}
            />
            <input
              aria-label={`Value of header ${index + 1}`}
              placeholder="Value"
              disabled={header.form === 'null'}
              value={header.text}
              onInput={event => put(index, { text: event.currentTarget.value })}
            />
            <button
              type="button"
              class="small"
              aria-label={`Remove header ${index + 1}`}
              onClick={() => setHeaders(headers.filter((_, at) => at !== index))}
            >
              Remove
            </button>
          </div>
        ))}
        <button type="button" class="small" onClick={() => setHeaders([...headers, { name: '', ...noText }])}>
          Add a header
        </button>
      </fieldset>
      <Field label="Partition" hint="Left empty, it follows from the key, as with Kafka’s clients.">
        <input
          class="short"
          type="number"
          min="0"
          placeholder="by key"
          value={partition}
          onInput={event => setPartition(event.currentTarget.value)}
        />
      </Field>
      <Failure error={error} />
      <div class="actions">
        <button type="submit" class="primary" disabled={isBusy}>
          Send
        </button>
        <span role="status">
          {sent[0] && (
            <>
              Sent to partition {sent[0].partition} as offset {count(sent[0].offset)}.{' '}
              <a href={linkTo(['topics', topic, 'records'])}>See the records</a>
            </>
          )}
        </span>
      </div>
    </form>
  )
}

function BytesField({
  label,
  draft,
  set,
  rows,
}: {
  label: string
  draft: Draft
  set: (draft: Draft) => void
  rows: number
}) {
  return (
    <fieldset>
      <legend>{label}</legend>
      <Choice
        label={`Form of the ${label.toLowerCase()}`}
        value={draft.form}
        options={forms}
        set={form => set({ ...draft, form })}
      />
      {draft.form !== 'null' && (
        <textarea
          aria-label={label}
          rows={rows}
          spellcheck={false}
          value={draft.text}
          onInput={event => set({ ...draft, text: event.currentTarget.value })}
        />
      )}
      {draft.form === 'null' && label === 'Value' && (
        <p class="hint">A tombstone: compaction drops what was there before under this key.</p>
      )}
    </fieldset>
  )
}
