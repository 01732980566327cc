/** Keys, values and headers as they are shown: always as text nodes, with what is hidden made visible. */
import type { Bytes } from '../lib/console/answers.ts'
import { type JsonLine, jsonLines } from '../lib/console/json-source.ts'
import { bytesOf, hexOf, hexRows, isCut, textOf, visible } from './content.ts'
import { count } from './format.ts'
import { Choice, Scrolled } from './parts.tsx'
import { useMemo, useState } from './preact.ts'

/** Of one line, in a table. */
const lineCharacters = 200
/** Rows of hexadecimal that are shown at once. */
const hexRowsMax = 256
/** Lines of JSON, and characters of text, that are shown at once: a browser takes long over more. */
const [linesMax, charactersMax] = [2_000, 100_000]

/** The beginning in one line; what is null or empty says so. */
export function Line({ content, isTombstone = false }: { content: Bytes | null; isTombstone?: boolean }) {
  if (content === null) return <span class="badge none">{isTombstone ? 'null (tombstone)' : 'null'}</span>
  if (content.length === 0) return <span class="badge none">empty</span>
  const text = textOf(content)
  if (text === null) return <span class="hex">{hexOf(content, 32)}</span>
  const line = text.slice(0, lineCharacters).replaceAll(/\s+/g, ' ')
  return (
    <bdi>
      <Text text={line} />
      {(text.length > lineCharacters || isCut(content)) && '…'}
    </bdi>
  )
}

export function Text({ text }: { text: string }) {
  return <>{visible(text).map(piece => (piece.isHidden ? <span class="hidden">{piece.text}</span> : piece.text))}</>
}

type Form = 'json' | 'text' | 'hex'
const forms = { json: 'JSON', text: 'Text', hex: 'Hex' } as const

/** As much as has come, in the form that fits it, or another. */
export function Content({ name, content }: { name: string; content: Bytes | null }) {
  const [chosen, setChosen] = useState<Form | null>(null)
  const text = useMemo(() => content && textOf(content), [content])
  const lines = useMemo(() => (text !== null && content && !isCut(content) ? jsonLines(text) : null), [content])
  if (content === null) return <p class="badge none">null</p>
  if (content.length === 0) return <p class="badge none">empty</p>
  const fitting: Form = lines !== null ? 'json' : text !== null ? 'text' : 'hex'
  const form =
    chosen === null || (chosen === 'json' && lines === null) || (chosen === 'text' && text === null) ? fitting : chosen
  const possible = Object.fromEntries(
    Object.entries(forms).filter(([each]) => each === 'hex' || (each === 'json' ? lines !== null : text !== null)),
  ) as Record<Form, string>
  return (
    <div class="content">
      <Choice label={`Form of the ${name}`} value={form} options={possible} set={setChosen} />
      {form === 'json' && <Json name={name} lines={lines!} />}
      {form === 'text' && <LongText name={name} text={text!} />}
      {form === 'hex' && <Hex name={name} bytes={bytesOf(content)} />}
      {isCut(content) && <p class="hint">The beginning of {count(content.length)} bytes. Save them to have all.</p>}
    </div>
  )
}

function Json({ name, lines }: { name: string; lines: readonly JsonLine[] }) {
  return (
    <>
      <Scrolled label={name} className="code">
        {lines.slice(0, linesMax).map(({ depth, tokens }) => (
          <div>
            {'  '.repeat(Math.min(depth, 40))}
            {tokens.map(({ kind, text }, index) => (
              <span class={kind === 'string' && tokens[index + 1]?.kind === 'colon' ? 'name' : kind}>
                <Text text={text} />
                {kind === 'colon' && ' '}
              </span>
            ))}
          </div>
        ))}
      </Scrolled>
      {lines.length > linesMax && (
        <p class="hint">
          The first {count(linesMax)} of {count(lines.length)} lines.
        </p>
      )}
    </>
  )
}

function LongText({ name, text }: { name: string; text: string }) {
  return (
    <>
      <Scrolled label={name} className="code wrapped">
        <Text text={text.slice(0, charactersMax)} />
      </Scrolled>
      {text.length > charactersMax && <p class="hint">The first {count(charactersMax)} characters.</p>}
    </>
  )
}

function Hex({ name, bytes }: { name: string; bytes: Uint8Array }) {
  const [rows, setRows] = useState(hexRowsMax)
  return (
    <>
      <Scrolled label={name} className="code">
        {hexRows(bytes, 0, rows * 16)
          .map(({ at, hex, text }) => `${at}  ${hex}  ${text}\n`)
          .join('')}
      </Scrolled>
      {bytes.length > rows * 16 && (
        <button type="button" onClick={() => setRows(rows + 4 * hexRowsMax)}>
          Show more
        </button>
      )}
    </>
  )
}
