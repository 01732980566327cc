/** BENCHMARKS.md: the sections whose tables it has, and where. */

/** Sections that compare with Apache Kafka, of which the picture is drawn. */
export const comparedKeys = ['start', 'java', 'librdkafka', 'replay', 'limits']

/** Sections that share one start of each broker. */
export const besideRivalsKeys = ['java', 'librdkafka', 'replay', 'limits', 'transactions', 'disk']

export const sectionKeys = [
  ...comparedKeys,
  'transactions',
  'installed',
  'kit',
  'kfake',
  'cluster',
  'tls',
  'strangers',
  'command-line',
  'perf-tools',
  'perf-tools-unlimited',
  'console',
  'disk',
  'floor',
]

/** The report before and after a section's table. Throws where it has no place for it. */
export function aroundTable(report: string, key: string): readonly [string, string] {
  const [begin, end] = [`<!-- bench ${key} -->\n`, `<!-- end of bench ${key} -->`]
  const [before, after] = [report.indexOf(begin) + begin.length, report.indexOf(end)]
  if (before < begin.length || after < before) throw new Error(`BENCHMARKS.md has lost its marks for ${key}`)
  return [report.slice(0, before), report.slice(after)]
}
