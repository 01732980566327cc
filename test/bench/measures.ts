/** What the sections of the bench find out: pairs of figures, this broker's and the rival's, round by round. */

/** One figure of both brokers. */
export interface Measure {
  readonly name: string
  readonly unit: string
  readonly digits: number
  /** Which of two figures is the better one. */
  readonly better: 'lower' | 'higher'
  /** Figures of the rounds: this broker's, and the rival's in the same rounds. */
  readonly ours: readonly number[]
  readonly theirs: readonly number[]
}

/** One table of the report. */
export interface Section {
  /** Short, for the marks in the report and for the command line. */
  readonly key: string
  readonly measures: readonly Measure[]
  /** A sentence on how it was measured. */
  readonly setting: string
}

/** Collects the figures of both brokers over the rounds. */
export class Figures {
  readonly #measures = new Map<
    string,
    { measure: Omit<Measure, 'ours' | 'theirs'>; ours: number[]; theirs: number[] }
  >()

  /** `at` is 0 for this broker and 1 for the rival. */
  add(at: number, measure: Omit<Measure, 'ours' | 'theirs'>, value: number): void {
    const key = `${measure.name}|${measure.unit}`
    const found = this.#measures.get(key) ?? { measure, ours: [], theirs: [] }
    ;(at === 0 ? found.ours : found.theirs).push(value)
    this.#measures.set(key, found)
  }

  all(): Measure[] {
    return [...this.#measures.values()].map(({ measure, ours, theirs }) => ({ ...measure, ours, theirs }))
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** This broker's median as a share of the rival's. */
export function ratioOf({ ours, theirs }: Measure): number {
  return median(ours) / median(theirs)
}

/** A Markdown table with a line for each figure. */
export function tableOf(measures: readonly Measure[], rival: string): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const head = ['', 'unit', 'Ottla', rival, 'ratio']
  const rows = measures.map(measure => {
    const { name, unit, digits, ours, theirs } = measure
    if (theirs.length === 0) return [name, unit, median(ours).toFixed(digits), '', '']
    return [name, unit, median(ours).toFixed(digits), median(theirs).toFixed(digits), ratioOf(measure).toFixed(2)]
  })
  return [line(head), line(['---', '---', '---:', '---:', '---:']), ...rows.map(line)].join('\n')
}
