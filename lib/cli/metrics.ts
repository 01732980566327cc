/** `ottla metrics`: what a broker tells of itself at /metrics, as a table, once or every few seconds. */
import { systemClock } from '../base/clock.ts'
import { parsed } from './arguments.ts'
import { type Io, UsageError } from './io.ts'
import { type Figure, figuresIn, quantileOf } from './metrics-text.ts'
import { Interrupts } from './tools/interrupts.ts'

const options = {
  http: { type: 'string' },
  partitions: { type: 'boolean' },
  every: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

const addressDefault = 'localhost:8080'

/** 0, or 1 where the broker does not tell; the code of the signal that ends what looks again and again. Words are what names or labels have in them; without any, all figures are shown. */
export async function metrics(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parsed(
    { args: [...argv], options, allowPositionals: true },
    'ottla metrics --help lists the options',
  )
  if (values.help) {
    const { helpFor } = await import('./help.ts')
    io.stdout.write(helpFor('metrics'))
    return 0
  }
  const everyMs = values.every === undefined ? null : secondsOf(values.every) * 1_000
  const url = urlOf(values.http ?? process.env.OTTLA_HTTP ?? addressDefault, values.partitions ?? false)
  const show = (look: Look, before: Look | null) => {
    const shown = look.figures.filter(figure =>
      positionals.every(word => `${figure.name}${figure.labels}`.includes(word)),
    )
    const rows = shown.map(figure => rowOf(figure, before, look.atMs))
    io.stdout.write(values.json ? `${JSON.stringify(rows)}\n` : tableOf(rows, before !== null && everyMs !== null))
  }
  const interrupts = new Interrupts(io, () => undefined)
  try {
    for (let before: Look | null = null; ; ) {
      const look: Look | string = await lookAt(url)
      if (interrupts.code !== null) return interrupts.code
      if (typeof look === 'string') {
        io.stderr.write(`ottla metrics: ${look}\n`)
        return 1
      }
      show(look, before)
      before = look
      if (everyMs === null) return 0
      await new Promise<void>(resolve => {
        const timer = systemClock.schedule(everyMs, resolve)
        void interrupts.came.then(() => {
          timer.cancel()
          resolve()
        })
      })
      if (interrupts.code !== null) return interrupts.code
    }
  } finally {
    interrupts.forget()
  }
}

interface Look {
  readonly atMs: number
  readonly figures: readonly Figure[]
  readonly byKey: ReadonlyMap<string, Figure>
}

/** What is shown of a figure. */
interface Row {
  readonly name: string
  readonly labels: string
  readonly value: number
  /** A second, of what only grows, since the look before. */
  readonly rate?: number
  /** Of times: seconds. */
  readonly mean?: number | null
  readonly p50?: number | null
  readonly p99?: number | null
}

function rowOf(figure: Figure, look: Look | null, atMs: number): Row {
  const { name, labels, value, type, spread } = figure
  const before = look?.byKey.get(`${name}${labels}`) ?? null
  const grows = type === 'counter' || type === 'histogram'
  const rate =
    grows && look !== null && atMs > look.atMs
      ? { rate: Math.max(0, value - (before?.value ?? 0)) / ((atMs - look.atMs) / 1_000) }
      : {}
  if (spread === null) return { name, labels, value, ...rate }
  const count = value - (before?.value ?? 0)
  const mean = count > 0 ? (spread.sum - (before?.spread?.sum ?? 0)) / count : null
  return {
    name,
    labels,
    value,
    ...rate,
    mean,
    p50: quantileOf(figure, before, 0.5),
    p99: quantileOf(figure, before, 0.99),
  }
}

function tableOf(rows: readonly Row[], withRates: boolean): string {
  const cells = rows.map(({ name, labels, value, rate, mean, p50, p99 }) => [
    `${name}${labels}`,
    numberText(value),
    ...(withRates ? [rate === undefined ? '' : `${numberText(rate)}/s`] : []),
    mean === undefined
      ? ''
      : mean === null
        ? '-'
        : `mean ${timeText(mean)}  p50 ≤ ${timeText(p50)}  p99 ≤ ${timeText(p99)}`,
  ])
  const widths = [0, 1, ...(withRates ? [2] : [])].map(column => Math.max(0, ...cells.map(row => row[column]!.length)))
  return cells
    .map(row => {
      const [series = '', ...rest] = row
      const padded = rest.map((cell, i) => (i + 1 < widths.length ? cell.padStart(widths[i + 1]!) : cell))
      return `${series.padEnd(widths[0]!)}  ${padded.join('  ')}`.trimEnd()
    })
    .join('\n')
    .concat(rows.length === 0 ? '' : '\n', withRates ? '\n' : '')
}

/** Whole numbers as they are, others with three digits after the point. */
function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(3)
}

function timeText(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '-'
  if (!Number.isFinite(seconds)) return 'more'
  return seconds < 1 ? `${Number((seconds * 1_000).toPrecision(3))} ms` : `${Number(seconds.toPrecision(3))} s`
}

/** The figures, or why there are none. */
async function lookAt(url: string): Promise<Look | string> {
  try {
    const response = await fetch(url)
    const text = await response.text()
    if (response.status !== 200) return `${url} answers ${response.status}: ${text.trim().slice(0, 300)}`
    const figures = figuresIn(text)
    const byKey = new Map(figures.map(figure => [`${figure.name}${figure.labels}`, figure]))
    return { atMs: systemClock.monotonicMs(), figures, byKey }
  } catch (error) {
    const { cause } = error as { cause?: { message?: string } }
    const reason = cause?.message ?? (error as Error).message
    return `${url}: ${reason}; is there a broker with --http, and is that its address?`
  }
}

function urlOf(text: string, byPartition: boolean): string {
  const address = /^\d+$/.test(text) ? `localhost:${text}` : text.replace(/^0\.0\.0\.0:/, 'localhost:')
  const base = /^https?:\/\//.test(address) ? address : `http://${address}`
  return `${base.replace(/\/+$/, '')}/metrics${byPartition ? '?detail=partition' : ''}`
}

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (Number.isFinite(seconds) && seconds >= 0.1) return seconds
  throw new UsageError(`--every ${text} is no time; give a number of seconds`)
}
