/** Pieces that all pages are made of: headings, notices, tables that page, fields, questions before something is done. */
import type { ApiError } from './api.ts'
import { counted, words } from './format.ts'
import { type ComponentChildren, useEffect, useRef, useState } from './preact.ts'

/** The head of a page; reading programs go to it when the page changes. */
export function Heading({ title, children }: { title: string; children?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Ottla`
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true })
  }, [title])
  return (
    <header class="heading">
      <h1 ref={heading} tabIndex={-1}>
        <bdi>{title}</bdi>
      </h1>
      <div class="actions">{children}</div>
    </header>
  )
}

export function Failure({ error }: { error: ApiError | null }) {
  if (error === null) return null
  const text = error.message === error.code ? `${words(error.code)}.` : error.message
  return (
    <p class="notice bad" role="alert">
      {text} {error.code !== null && error.code !== error.message && <code>{error.code}</code>}
    </p>
  )
}

export function Badge({ text, tone = '' }: { text: string; tone?: '' | 'good' | 'bad' | 'warn' }) {
  return <span class={`badge ${tone}`}>{text}</span>
}

/** What may be larger than its place, and is scrolled there, by keys too. */
export function Scrolled({
  label,
  className,
  children,
}: {
  label: string
  className: string
  children: ComponentChildren
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse gets into it by the tabulator
    <section class={className} tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}

/** One column: its head, and what stands in a row. */
export interface Column<Row> {
  readonly head: ComponentChildren
  readonly cell: (row: Row) => ComponentChildren
  /** Numbers stand to the right. */
  readonly isNumber?: boolean
  readonly className?: string
}

export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
  empty,
  isLoading = false,
}: {
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[] | null
  keyOf: (row: Row) => string | number
  empty: ComponentChildren
  isLoading?: boolean
}) {
  const classOf = ({ isNumber, className = '' }: Column<Row>) => `${isNumber ? 'number' : ''} ${className}`.trim()
  return (
    <Scrolled label={caption} className="scroll">
      <table aria-busy={isLoading}>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(column => (
              <th scope="col" class={classOf(column)}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows?.map(row => (
            <tr key={keyOf(row)}>
              {columns.map(column => (
                <td class={classOf(column)}>{column.cell(row)}</td>
              ))}
            </tr>
          ))}
          {(rows === null || rows.length === 0) && (
            <tr>
              <td colSpan={columns.length} class="empty">
                {rows === null ? 'Loading …' : empty}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </Scrolled>
  )
}

/** Leafs through a list. */
export function Pager({
  from,
  limit,
  total,
  what,
  go,
}: {
  from: number
  limit: number
  total: number
  what: string
  go: (from: number) => void
}) {
  const last = Math.min(from + limit, total)
  return (
    <nav class="pager" aria-label={`Pages of ${what}s`}>
      <span role="status">
        {total > limit ? `${from + 1} to ${last} of ${counted(total, what)}` : counted(total, what)}
      </span>
      {total > limit && (
        <>
          <button type="button" disabled={from === 0} onClick={() => go(Math.max(0, from - limit))}>
            Previous
          </button>
          <button type="button" disabled={last >= total} onClick={() => go(from + limit)}>
            Next
          </button>
        </>
      )}
    </nav>
  )
}

/** A label over what it names. */
export function Field({
  label,
  hint,
  children,
}: {
  label: string
  hint?: ComponentChildren
  children: ComponentChildren
}) {
  return (
    <div class="field">
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children */}
      <label>
        <span class="label">{label}</span>
        {children}
      </label>
      {hint !== undefined && <span class="hint">{hint}</span>}
    </div>
  )
}

/** A text that filters a list: what is typed counts after a moment. */
export function FilterField({ label, value, set }: { label: string; value: string; set: (text: string) => void }) {
  const timer = useRef(0)
  return (
    <input
      class="filter"
      type="search"
      aria-label={label}
      placeholder={label}
      defaultValue={value}
      onInput={event => {
        const text = event.currentTarget.value
        clearTimeout(timer.current)
        timer.current = setTimeout(() => set(text), 200)
      }}
    />
  )
}

export function Choice<Value extends string>({
  label,
  value,
  options,
  set,
}: {
  label: string
  value: Value
  options: Readonly<Record<Value, string>>
  set: (value: Value) => void
}) {
  return (
    <select aria-label={label} value={value} onChange={event => set(event.currentTarget.value as Value)}>
      {Object.entries<string>(options).map(([each, text]) => (
        <option key={each} value={each} selected={each === value}>
          {text}
        </option>
      ))}
    </select>
  )
}

/** A window over the page, closed by Escape. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const shown = dialog.current!
    shown.showModal()
    return () => shown.close()
  }, [])
  return (
    <dialog ref={dialog} aria-label={title} onClose={close}>
      <h2>{title}</h2>
      {children}
    </dialog>
  )
}

/** The end of a form in such a window: why it failed, and the two ways out. */
export function DialogEnd({
  error,
  close,
  text,
  isDisabled,
  className = '',
  children,
}: {
  error: ApiError | null
  close: () => void
  text: string
  isDisabled: boolean
  className?: string
  children?: ComponentChildren
}) {
  return (
    <>
      <Failure error={error} />
      {children}
      <div class="actions">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="submit" class={className || 'primary'} disabled={isDisabled}>
          {text}
        </button>
      </div>
    </>
  )
}

/** Does something that changes the cluster; a question stands before it, with the name to be typed where nothing can be undone. */
export function DoButton({
  text,
  question,
  typed,
  run,
  className = '',
  isDisabled = false,
}: {
  text: string
  question: ComponentChildren
  typed?: string
  run: () => Promise<unknown>
  className?: string
  isDisabled?: boolean
}) {
  const [isOpen, setOpen] = useState(false)
  const [name, setName] = useState('')
  const { isBusy, error, start } = useDoing()
  const close = () => {
    setOpen(false)
    setName('')
  }
  return (
    <>
      <button type="button" class={className} disabled={isDisabled} onClick={() => setOpen(true)}>
        {text}
      </button>
      {isOpen && (
        <Dialog title={text} close={close}>
          <form
            onSubmit={event => {
              event.preventDefault()
              start(async () => {
                await run()
                close()
              })
            }}
          >
            <p>{question}</p>
            {typed !== undefined && (
              <Field label={`Type ${typed} to go on`}>
                <input value={name} autocomplete="off" onInput={event => setName(event.currentTarget.value)} />
              </Field>
            )}
            <DialogEnd
              {...{ error, close, text, className }}
              isDisabled={isBusy || (typed !== undefined && typed !== name)}
            />
          </form>
        </Dialog>
      )}
    </>
  )
}

/** Something that is under way, and what it failed with. */
export function useDoing() {
  const [state, setState] = useState<{ isBusy: boolean; error: ApiError | null }>({ isBusy: false, error: null })
  const start = (run: () => Promise<unknown>) => {
    setState({ isBusy: true, error: null })
    run().then(
      () => setState({ isBusy: false, error: null }),
      error => setState({ isBusy: false, error: error as ApiError }),
    )
  }
  return { ...state, start }
}

/** Names and their values, side by side. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Pages of one thing, one of which is shown. */
export function Tabs({
  label,
  tabs,
  current,
}: {
  label: string
  tabs: readonly { name: string; text: string; link: string }[]
  current: string
}) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ name, text, link }) => (
        <a href={link} aria-current={name === current ? 'page' : undefined}>
          {text}
        </a>
      ))}
    </nav>
  )
}
