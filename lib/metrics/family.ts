/** Figures as Prometheus takes them: families of one name, with series that differ in their labels. */

/** Names and values of labels, in the order in which they are written. */
export type Labels = Readonly<Record<string, string | number>>

/** A distribution by `boundsSeconds`. */
export interface Times {
  cumulative(): readonly number[]
  readonly sumSeconds: number
}

/** Good until the next one is asked for: where there are many, it is the same one with other contents. */
export type Series = readonly [labels: Labels, value: number | Times]

/** A pause is where whoever writes may let others go on: made where many things are looked at for few series. */
export type Pause = null

export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** One sentence. */
  readonly help: string
  readonly series: Iterable<Series | Pause>
}

/** What is asked for. */
export interface Detail {
  /** Series of each partition, where they are of a topic otherwise. */
  readonly byPartition: boolean
}

/** A part of the broker that has figures to tell. They are looked at as they are written. */
export type FamilySource = (detail: Detail) => Iterable<Family | Pause>

/** Makes families of one type. */
function familyOf(type: Family['type']) {
  return (name: string, help: string, series: Family['series']): Family => ({ name, type, help, series })
}

export const counter = familyOf('counter')
export const gauge = familyOf('gauge')
export const histogram = familyOf('histogram')

/** A figure that stands alone. */
export function one(value: number | Times, labels: Labels = {}): Iterable<Series> {
  return [[labels, value]]
}
