/**
 * Figures of a running broker, under Apache Kafka's names where it has the same figure. They are put together when somebody reads
 * them, so that they cost nothing until then.
 */

/** One figure. Apache Kafka's JMX bean would be `<group>:type=<type>,name=<name>,<tags>`. */
export interface Metric {
  readonly group: string
  readonly type: string
  readonly name: string
  /** What it is about, such as topic and partition. */
  readonly tags: Readonly<Record<string, string>>
  readonly value: number
}

/** A part of the broker that has figures to tell, with null after each of many things that are looked at for few figures: others may go on there. */
export type MetricSource = () => Iterable<Metric | null>

/** Figures alone. */
export function* figuresIn(metrics: Iterable<Metric | null>): Iterable<Metric> {
  for (const metric of metrics) if (metric !== null) yield metric
}

/** All figures of one broker. */
export class Metrics {
  readonly #sources: MetricSource[] = []

  add(source: MetricSource): void {
    this.#sources.push(source)
  }

  /** The same one by one, as they are read. */
  *walk(): Iterable<Metric | null> {
    for (const source of this.#sources) yield* source()
  }

  /** How all of them stand now. */
  read(): Metric[] {
    return [...figuresIn(this.walk())]
  }
}

/** Makes figures of one group and type. */
export function metricsOf(
  group: string,
  type: string,
): (name: string, value: number, tags?: Readonly<Record<string, string>>) => Metric {
  return (name, value, tags = none) => ({ group, type, name, tags, value })
}

const none: Readonly<Record<string, string>> = {}
