/** Markdown tables of the small benches, as BENCHMARKS.md has them. */

/** Prints a table: the first column is text, the others are figures. */
export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |\n`
  const marks = head.map((_, column) => (column === 0 ? '---' : '---:'))
  process.stdout.write(`${line(head)}${line(marks)}${rows.map(line).join('')}\n`)
}

/** Nanoseconds that one call takes, the best of eight rounds; `run` answers something, so that nothing is left out. */
export function nanosecondsOf(count: number, run: (index: number) => number): number {
  let best = Number.POSITIVE_INFINITY
  let sum = 0
  for (let round = 0; round < 8; round++) {
    const began = performance.now()
    for (let index = 0; index < count; index++) sum += run(index)
    best = Math.min(best, (performance.now() - began) / count)
  }
  if (Number.isNaN(sum)) throw new Error('what was measured gave no numbers')
  return best * 1e6
}

/** Nanoseconds as text, in microseconds where they are many. */
export function timeOf(nanoseconds: number): string {
  if (nanoseconds >= 100_000) return `${Math.round(nanoseconds / 1000).toLocaleString('en-US')} µs`
  if (nanoseconds >= 10_000) return `${(nanoseconds / 1000).toFixed(1)} µs`
  return `${Math.round(nanoseconds).toLocaleString('en-US')} ns`
}
