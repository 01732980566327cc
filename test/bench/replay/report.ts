/** Results as a table: medians over the rounds, and each broker's ratio to the last one. */
import type { Result } from './run.ts'

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

const columns: readonly { title: string; digits: number; value: (result: Result) => number }[] = [
  { title: 'req/s', digits: 0, value: result => result.requestsPerSecond },
  { title: 'MB/s', digits: 1, value: result => result.megabytesPerSecond },
  { title: 'CPU s/GB', digits: 2, value: result => result.cpuSecondsPerGigabyte },
  { title: 'CPU µs/req', digits: 1, value: result => result.cpuMicrosecondsPerRequest },
  { title: 'CPU s/Mrec', digits: 2, value: result => result.cpuSecondsPerMillionRecords },
  { title: 'user %', digits: 0, value: ({ cpuUserSeconds, seconds }) => (cpuUserSeconds / seconds) * 100 },
  { title: 'sys %', digits: 0, value: ({ cpuSystemSeconds, seconds }) => (cpuSystemSeconds / seconds) * 100 },
  { title: 'p50 ms', digits: 2, value: result => (result.endToEndLatency ?? result.requestLatency).p50 },
  { title: 'p99 ms', digits: 2, value: result => (result.endToEndLatency ?? result.requestLatency).p99 },
  { title: 'p99.9 ms', digits: 2, value: result => (result.endToEndLatency ?? result.requestLatency).p999 },
  { title: 'RSS MB', digits: 0, value: result => result.residentMegabytes },
  { title: 'gen %', digits: 0, value: result => result.generatorShare * 100 },
]

/** A line per case and broker, and per broker but the last a line of what it makes of the last one's figures. */
export function tableOf(results: readonly Result[]): string {
  const rows: string[][] = [['case', 'broker', ...columns.map(({ title }) => title)]]
  for (const name of new Set(results.map(result => result.case))) {
    const ofCase = results.filter(result => result.case === name)
    const targets = [...new Set(ofCase.map(({ target }) => target))]
    const medians = targets.map(target => {
      const rounds = ofCase.filter(result => result.target === target)
      return columns.map(({ value }) => median(rounds.map(value)))
    })
    targets.forEach((target, at) => {
      rows.push([name, target, ...columns.map(({ digits }, column) => medians[at][column].toFixed(digits))])
    })
    const last = medians[medians.length - 1]
    targets.slice(0, -1).forEach((target, at) => {
      const ratios = columns.map((_, column) => (medians[at][column] / last[column]).toFixed(2))
      rows.push(['', `${target} : ${targets[targets.length - 1]}`, ...ratios])
    })
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)))
  return rows
    .map(row =>
      row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  '),
    )
    .join('\n')
}
