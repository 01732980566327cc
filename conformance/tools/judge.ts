/** What our tools, or Kafka's against us, print, beside what Kafka's print of Apache Kafka. */
import type { ToolCase, ToolDifference, Tools } from './case.ts'
import type { NormalOutcome } from './normal.ts'

/** One invocation of a case, as the case has it, and what came of it. */
export interface Ran extends NormalOutcome {
  readonly run: string
}

const parts = ['code', 'stdout', 'stderr'] as const

/** A sentence for each difference that is not declared, and for each declared one that is none. */
export function judgedTools(
  { differs = [] }: Pick<ToolCase, 'differs'>,
  by: Tools,
  ours: readonly Ran[],
  theirs: readonly Ran[],
): string[] {
  const failures: string[] = []
  const used = new Set<ToolDifference>()
  const meant = differs.filter(each => each.by === undefined || each.by === by)
  ours.forEach((mine, at) => {
    const recorded = theirs[at]
    if (recorded?.run !== mine.run) {
      failures.push(`${mine.run}: nothing is recorded of it`)
      return
    }
    for (const part of parts) {
      const [a, b] = [linesOf(mine, part), linesOf(recorded, part)]
      if (a.join('\n') === b.join('\n')) continue
      const [own, other] = apart(a, b)
      const declared = meant.find(
        each =>
          each.in === part &&
          matches(each.of, mine.run) &&
          matches(each.ours, own.join('\n')) &&
          matches(each.theirs ?? '*', other.join('\n')),
      )
      if (declared) used.add(declared)
      else failures.push(`${mine.run}\n      ${part}: ${shown(own)}\n      Kafka's: ${shown(other)}`)
    }
  })
  if (theirs.length !== ours.length) failures.push(`${theirs.length} invocations are recorded, ${ours.length} were run`)
  for (const each of meant.filter(difference => !used.has(difference)))
    failures.push(`${each.of}, ${each.in}: declared as different and not found so: ${each.ours}`)
  return failures
}

function linesOf(ran: Ran, part: (typeof parts)[number]): readonly string[] {
  return part === 'code' ? [String(ran.code)] : ran[part]
}

/** The lines that only one of them has; and where they have the same in another order, all from the first that differs. */
function apart(a: readonly string[], b: readonly string[]): readonly [string[], string[]] {
  const [own, other] = [a.filter(line => !b.includes(line)), b.filter(line => !a.includes(line))]
  if (own.length > 0 || other.length > 0) return [own, other]
  const from = a.findIndex((line, at) => line !== b[at])
  return from < 0 ? [[], b.slice(a.length)] : [a.slice(from), b.slice(from)]
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text)
}

/** Lines of a difference that are shown. */
const linesMax = 12

function shown(lines: readonly string[]): string {
  const more = lines.length > linesMax ? ` … and ${lines.length - linesMax} more` : ''
  return (
    `${lines
      .slice(0, linesMax)
      .map(line => JSON.stringify(line))
      .join(' ')}${more}` || 'nothing'
  )
}
