/** Has a broker answer a case, and judges the answers by those of Apache Kafka. */
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { stringifyExact } from '../protocol/json-text.ts'
import type { Case, Difference } from './cases/case.ts'
import { comparable, differences } from './compare.ts'
import { type KafkaVersion, kafkaVersion, oldKafkaVersion } from './kafka.ts'
import type { Answers, CaseRecord } from './recorded.ts'
import { type Offered, Session } from './session.ts'

/** The versions of requests that one Kafka judges. */
export interface Pass {
  readonly kafka: KafkaVersion
  /** What it speaks. */
  readonly spoken: Offered
  /** What it is asked about: all that it speaks, or of an old Kafka what the newer ones have dropped. */
  readonly asked: Offered
}

/** Kafka 4 offers Produce from version 0, lest older librdkafka take it for too old a broker, and refuses what is below 3. */
const offeredInVain: Readonly<Record<string, number>> = { Produce: 3 }

/** By whom which versions are judged: by the newest Kafka as far as it speaks them, and for the rest by an old one. */
export function passesOf(newest: Offered, old: Offered): { now: Pass; dropped: Pass } {
  const spoken = Object.fromEntries(
    Object.entries(newest).map(([name, [min, max]]) => [name, [Math.max(min, offeredInVain[name] ?? 0), max] as const]),
  )
  const dropped = Object.fromEntries(
    Object.entries(old).flatMap(([name, [min, max]]) => {
      const before = (spoken[name]?.[0] ?? 0) - 1
      return before < min ? [] : [[name, [min, Math.min(max, before)] as const]]
    }),
  )
  return {
    now: { kafka: kafkaVersion, spoken, asked: spoken },
    dropped: { kafka: oldKafkaVersion, spoken: old, asked: dropped },
  }
}

/** The versions that two brokers have in common. */
export function inCommon(a: Offered, b: Offered): Offered {
  return Object.fromEntries(
    Object.entries(a).flatMap(([name, [min, max]]) => {
      const other = b[name]
      return other === undefined ? [] : [[name, [Math.max(min, other[0]), Math.min(max, other[1])] as const]]
    }),
  )
}

/** Has a broker answer a case. `salt` keeps names apart where the broker is not a new one; the same names make the same answers. */
export async function answersOf(
  { name, run }: Case,
  bootstrap: string,
  pass: Pass,
  salt: string,
): Promise<{ answers: Answers; enumerated: ReadonlySet<string> }> {
  const hash = createHash('sha256').update(`${name} ${pass.kafka} ${salt}`).digest('hex')
  const session = new Session(bootstrap, `r${hash.slice(0, 11)}`)
  session.use(pass.spoken, pass.asked)
  try {
    await run(session)
  } finally {
    await session.close()
  }
  const { exchanges, enumerated } = session
  const answers = comparable(
    exchanges.map(({ answer }) => answer),
    session.run,
  )
  const titled: Record<string, Answers[string]> = {}
  for (const [i, { api, version, label }] of exchanges.entries()) {
    const title = `${api} v${version} ${label}`.trim()
    let unique = title
    for (let count = 2; unique in titled; count++) unique = `${title} (${count})`
    const [min, max] = pass.asked[api] ?? [0, -1]
    // What an old Kafka says to versions that the newest one speaks too is not what counts.
    if (pass.asked === pass.spoken || (min <= version && version <= max)) titled[unique] = answers[i]!
  }
  return { answers: titled, enumerated }
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text)
}

/** Where our answers differ from Kafka's, one line for each place; what is declared is left out and put into `used`. */
export function judged(
  declared: readonly Difference[],
  ours: Answers,
  theirs: Answers,
  used: Set<Difference>,
): string[] {
  const lines: string[] = []
  for (const [title, answer] of Object.entries(theirs)) {
    if (!(title in ours)) {
      lines.push(`${title}: Kafka was asked this, and we were not`)
      continue
    }
    for (const { path, ours: a, theirs: b } of differences(ours[title]!, answer)) {
      const known = declared.filter(
        each => matches(each.answer, title) && matches(each.path, path) && isDeepStrictEqual(each.ours, a),
      )
      for (const each of known) used.add(each)
      if (known.length === 0) lines.push(`${title}, ${path}: ${stringifyExact(a)} against ${stringifyExact(b)}`)
    }
  }
  for (const title of Object.keys(ours)) if (!(title in theirs)) lines.push(`${title}: Kafka was not asked this`)
  return lines
}

/** Where our answers to a case differ from the recorded ones: undeclared differences, and declared ones that are none any more. */
export function judgedByRecord(declared: readonly Difference[], ours: CaseRecord, recorded: CaseRecord): string[] {
  const used = new Set<Difference>()
  const versions = new Set([...Object.keys(ours), ...Object.keys(recorded)]) as Set<KafkaVersion>
  const lines = [...versions].flatMap(version =>
    judged(declared, ours[version] ?? {}, recorded[version] ?? {}, used).map(line => `Kafka ${version}: ${line}`),
  )
  const stale = declared
    .filter(each => !used.has(each))
    .map(({ answer, path, ours }) => `declared and no difference: ${answer}, ${path}: ${stringifyExact(ours)}`)
  return [...lines, ...stale]
}
