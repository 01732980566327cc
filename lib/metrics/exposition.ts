/**
 * Writes figures in Prometheus' text format: as fast as the client takes them, and in slices, so that requests are served in between however
 * many there are.
 */
import type { SharedSlices } from '../base/shared-slices.ts'
import { boundsSeconds } from '../base/time-histogram.ts'
import type { Family, Labels, Pause, Series, Times } from './family.ts'

/** Characters of a piece of the answer. */
const pieceCharacters = 65_536
/** Series of one name: what is more is counted in `ottla_series_dropped_total`. */
export const seriesMax = 200_000

/** What Prometheus asks for and is told. */
export const expositionContentType = 'text/plain; version=0.0.4; charset=utf-8'

export interface ExpositionOptions {
  readonly slices: SharedSlices
  /** Told how many series of a name were left out. */
  readonly dropped: (family: string, count: number) => void
  readonly seriesMax?: number
}

/** The text in pieces. A family without series is left out. */
export async function* exposition(
  families: Iterable<Family | Pause>,
  { slices, dropped, seriesMax: most = seriesMax }: ExpositionOptions,
): AsyncGenerator<string> {
  let piece = ''
  if (slices.isOver) await slices.next()
  for (const family of families) {
    if (family !== null) {
      const { name, type, help, series } = family
      let count = 0
      for (const each of series) {
        if (each !== null && ++count <= most) {
          if (count === 1) piece += `# HELP ${name} ${escapedHelp(help)}\n# TYPE ${name} ${type}\n`
          piece += lines(name, each)
        }
        if (piece.length >= pieceCharacters) {
          yield piece
          piece = ''
        }
        if (slices.isOver) await slices.next()
      }
      if (count > most) dropped(name, count - most)
    }
    if (slices.isOver) await slices.next()
  }
  if (piece !== '') yield piece
}

function lines(name: string, [labels, value]: Series): string {
  const text = labelText(labels)
  if (typeof value === 'number') return `${name}${text === '' ? '' : `{${text}}`} ${numberText(value)}\n`
  return histogramLines(name, text, value)
}

function histogramLines(name: string, labels: string, times: Times): string {
  const counts = times.cumulative()
  const before = labels === '' ? '' : `${labels},`
  const own = labels === '' ? '' : `{${labels}}`
  let text = ''
  for (let i = 0; i < boundsSeconds.length; i++)
    text += `${name}_bucket{${before}le="${boundsSeconds[i]}"} ${counts[i]}\n`
  const all = counts[boundsSeconds.length]
  return `${text}${name}_bucket{${before}le="+Inf"} ${all}\n${name}_sum${own} ${times.sumSeconds}\n${name}_count${own} ${all}\n`
}

function labelText(labels: Labels): string {
  let text = ''
  for (const name in labels) text += `${text === '' ? '' : ','}${name}="${escapedLabel(labels[name]!)}"`
  return text
}

const special = /[\\"\n]/g

function escapedLabel(value: string | number): string {
  if (typeof value === 'number') return String(value)
  return value.replace(special, found => (found === '\n' ? '\\n' : `\\${found}`))
}

function escapedHelp(text: string): string {
  return text.replace(/[\\\n]/g, found => (found === '\n' ? '\\n' : '\\\\'))
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
