/** Differences that many tools have in common. */
import type { ToolDifference, Tools } from '../case.ts'

/** What brokers say of a request that they refuse is their own: its place counts, and the code. */
export function ownWords(part: 'stdout' | 'stderr', before = '', by?: Tools): ToolDifference {
  const says = `${before}*`
  const reason = 'What the broker says of a request that it refuses is in its own words'
  return { of: '*', in: part, ours: says, theirs: says, by, reason }
}

/** `--help`, which Kafka's tools answer with code 1, and most of them on standard error. */
export function ownHelp(of: string, { onStderr = true } = {}): readonly ToolDifference[] {
  const reason = '**--help** is in our words, with an example, on standard output and with code 0'
  const difference = { of, by: 'ottla', reason } as const
  const code = { ...difference, in: 'code', ours: '0' } as const
  if (!onStderr) return [code]
  return [code, { ...difference, in: 'stdout', ours: '<help>' }, { ...difference, in: 'stderr', ours: '' }]
}

/** `--version`, which goes on with the version of Ottla. */
export function ownVersion(of: string): ToolDifference {
  const reason = '**--version** tells the version of Ottla, too'
  return { of, in: 'stdout', ours: '4.4.0 (ottla *)', theirs: '4.4.0*', by: 'ottla', reason }
}

/** Addresses and files by which no client can be made: said on standard error, where Kafka's tools say it there or on the other. */
export function ownConnecting(of: string, { onStdout = false } = {}): readonly ToolDifference[] {
  const reason = 'What is wrong with **--bootstrap-server** or a file of properties is said in words'
  const difference = { of, by: 'ottla', reason } as const
  const said = { ...difference, in: 'stderr', ours: '*' } as const
  return onStdout ? [said, { ...difference, in: 'stdout', ours: '' }] : [said]
}

/** Options that nothing stands for any more: said with what to write instead. */
export function saidInstead(of: string): ToolDifference {
  const reason = 'Of **--zookeeper** and **--authorizer-properties** it is said, too, what to write instead'
  return { of, in: 'stderr', ours: '* by --bootstrap-server HOST:PORT.', theirs: '', by: 'ottla', reason }
}

/** An option that Kafka 4 has dropped, and that is taken with a warning; `printed` is what comes of it on standard output. */
export function stillTaken(of: string, printed: string): readonly ToolDifference[] {
  const reason = 'Words that Kafka’s tools have dropped are taken with a warning (`--broker-list`, `--whitelist`)'
  const difference = { of, by: 'ottla', reason } as const
  return [
    { ...difference, in: 'code', ours: '0', theirs: '1' },
    { ...difference, in: 'stdout', ours: printed, theirs: '' },
    { ...difference, in: 'stderr', ours: 'Warning: --* was removed in Apache Kafka 4. *' },
  ]
}
