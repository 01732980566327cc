/** All figures of a broker, for who asks by HTTP. */
import type { SharedSlices } from '../base/shared-slices.ts'
import { exposition } from './exposition.ts'
import { counter, type Family, type FamilySource, one, type Pause, type Series } from './family.ts'

/** What is asked for. */
export interface ExportQuery {
  readonly byPartition: boolean
  /** Under the names of kafka_exporter alone. */
  readonly asKafkaExporter: boolean
}

export interface ExporterOptions {
  readonly sources: readonly FamilySource[]
  readonly kafkaExporter: FamilySource
  /** What is to be looked at before anything is written. */
  readonly prepare: () => Promise<void>
  /** Told ahead of the rest: partitions of groups that are not looked at, as there are too many. */
  readonly droppedLags: () => number
  readonly slices: SharedSlices
  readonly seriesMax?: number
}

/** See the head of the file. */
export class Exporter {
  readonly #options: ExporterOptions
  readonly #dropped = new Map<string, number>()
  #scrapes = 0

  constructor(options: ExporterOptions) {
    this.#options = options
  }

  /** The text in pieces, made as it is read; each is good until the next one is asked for. */
  async *read(query: ExportQuery): AsyncGenerator<Uint8Array> {
    const { slices, prepare, droppedLags, seriesMax } = this.#options
    await prepare()
    this.#scrapes++
    if (droppedLags() > 0) this.#drop('ottla_group_lag', droppedLags())
    yield* exposition(this.#families(query), {
      slices,
      dropped: (family, count) => this.#drop(family, count),
      ...(seriesMax !== undefined && { seriesMax }),
    })
  }

  #drop(family: string, count: number): void {
    this.#dropped.set(family, (this.#dropped.get(family) ?? 0) + count)
  }

  *#families({ byPartition, asKafkaExporter }: ExportQuery): Iterable<Family | Pause> {
    const { sources, kafkaExporter } = this.#options
    if (asKafkaExporter) {
      yield* kafkaExporter({ byPartition: true })
      return
    }
    for (const source of sources) yield* source({ byPartition })
    yield counter('ottla_scrapes_total', 'How often figures were asked for.', one(this.#scrapes))
    // Last, as it tells of what was written before it.
    yield counter(
      'ottla_series_dropped_total',
      'Series that were left out of an answer, as there are too many of their name.',
      this.#droppedSeries(),
    )
  }

  *#droppedSeries(): Iterable<Series> {
    for (const [metric, count] of this.#dropped) yield [{ metric }, count]
  }
}
