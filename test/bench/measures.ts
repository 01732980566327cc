/** What the sections of the bench find out: figures of this broker and of one or more rivals, round by round. */

/** One figure of all that are compared. */
export interface Measure {
  readonly name: string
  readonly unit: string
  readonly digits: number
  /** Which of two figures is the better one. */
  readonly better: 'lower' | 'higher'
  /** Figures of the rounds: this broker's, then each rival's; empty where one was not measured. */
  readonly rounds: readonly (readonly number[])[]
}

/** Ends the name of a figure that is a part of the one before it. */
export const inTheKernel = ', of it in the kernel'

/** One table of the report. */
export interface Section {
  /** Short, for the marks in the report and for the command line. */
  readonly key: string
  /** What this broker is compared with, where that is not the rival that the bench was started with. */
  readonly rivals?: readonly string[]
  readonly measures: readonly Measure[]
  /** A sentence on how it was measured. */
  readonly setting: string
}

/** Collects the figures of all that are compared, over the rounds. */
export class Figures {
  readonly #measures = new Map<string, { measure: Omit<Measure, 'rounds'>; rounds: number[][] }>()

  /** `at` is 0 for this broker, from 1 for the rivals. */
  add(at: number, measure: Omit<Measure, 'rounds'>, value: number): void {
    const key = `${measure.name}|${measure.unit}`
    const found = this.#measures.get(key) ?? { measure, rounds: [] }
    while (found.rounds.length <= at) found.rounds.push([])
    found.rounds[at].push(value)
    this.#measures.set(key, found)
  }

  /** What a broker's CPU spent on so many bytes, and how much of it in the kernel. */
  addCpu(at: number, name: string, gigabytes: number, cpuSeconds: number, systemSeconds: number): void {
    const measure = { unit: 'CPU s/GB', digits: 2, better: 'lower' } as const
    this.add(at, { ...measure, name }, cpuSeconds / gigabytes)
    this.add(at, { ...measure, name: `${name}${inTheKernel}` }, systemSeconds / gigabytes)
  }

  all(): Measure[] {
    return [...this.#measures.values()].map(({ measure, rounds }) => ({ ...measure, rounds }))
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** A Markdown table with a line for each figure: all medians, then this broker's as a share of each rival's. */
export function tableOf(measures: readonly Measure[], rivals: readonly string[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const ratios = rivals.length === 1 ? ['ratio'] : rivals.map(rival => `ratio to ${rival}`)
  const head = ['', 'unit', 'Ottla', ...rivals, ...ratios]
  const rows = measures.map(({ name, unit, digits, rounds }) => {
    const medians = ['Ottla', ...rivals].map((_, at) => (rounds[at]?.length ? median(rounds[at]) : null))
    const [ours, ...theirs] = medians
    const figures = medians.map(value => value?.toFixed(digits) ?? '')
    return [
      name,
      unit,
      ...figures,
      ...theirs.map(each => (ours === null || each === null ? '' : (ours / each).toFixed(2))),
    ]
  })
  return [line(head), line(head.map((_, column) => (column < 2 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
