/**
 * Writes figures in Prometheus' text format: as fast as the client takes them, and in slices, so that requests are served in between however
 * many there are.
 */
import type { SharedSlices } from '../base/shared-slices.ts'
import { boundsSeconds } from '../base/time-histogram.ts'
import type { Family, Labels, Pause, Times } from './family.ts'
import { TextWriter } from './text-writer.ts'

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

/** The text in pieces, each good until the next one is asked for. A family without series is left out. */
export async function* exposition(
  families: Iterable<Family | Pause>,
  { slices, dropped, seriesMax: most = seriesMax }: ExpositionOptions,
): AsyncGenerator<Uint8Array> {
  const writer = new TextWriter()
  if (slices.isOver) await slices.next()
  for (const family of families) {
    if (family !== null) {
      const { name, type, help, series } = family
      let count = 0
      for (const each of series) {
        if (each !== null && ++count <= most) {
          if (count === 1) writer.text(`# HELP ${name} ${escapedHelp(help)}\n# TYPE ${name} ${type}\n`)
          const [labels, value] = each
          if (typeof value === 'number') writer.series(name, labels, value)
          else writeTimes(writer, name, labels, value)
        }
        if (writer.isFull) yield writer.take()
        if (slices.isOver) await slices.next()
      }
      if (count > most) dropped(name, count - most)
    }
    if (slices.isOver) await slices.next()
  }
  if (!writer.isEmpty) yield writer.take()
}

function writeTimes(writer: TextWriter, name: string, labels: Labels, times: Times): void {
  const counts = times.cumulative()
  const bucket = `${name}_bucket`
  for (let i = 0; i < boundsSeconds.length; i++)
    writer.series(bucket, { ...labels, le: String(boundsSeconds[i]) }, counts[i]!)
  const all = counts[boundsSeconds.length]!
  writer.series(bucket, { ...labels, le: '+Inf' }, all)
  writer.series(`${name}_sum`, labels, times.sumSeconds)
  writer.series(`${name}_count`, labels, all)
}

function escapedHelp(text: string): string {
  return text.replace(/[\\\n]/g, found => (found === '\n' ? '\\n' : '\\\\'))
}
