/** What tools print, made comparable: help, traces, ids, times and addresses become words. */
import type { Invocation, ToolCase } from './case.ts'

/** What a tool came to. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The same as it is compared and recorded: the lines of its output. */
export interface NormalOutcome {
  readonly code: number
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
}

/** What is masked everywhere: the name before it stays. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\b(TopicId:? '?|Topic ID:? |Cluster ?I[Dd]: )[\w-]{22}/g, '$1<id>'],
  [/\b1[6-9]\d{11}\b/g, '<time>'],
  // How a tool calls itself that tells what is wrong behind its help.
  [/^(?:\S+\.sh|kafka-[\w-]+|ottla [\w-]+): error: /g, '<tool>: error: '],
]

/** Where a stack trace begins, and where the tables of options do, Kafka's of two kinds and ours. */
const trace = /^\s+at |^\s*\.\.\. \d+ (?:more|common frames omitted)|^Caused by: |^\s+Suppressed: /
const [optionsTable, usage, usageError, ourHelp] = [
  /^Option(?: \(\* = required\))?\s+Description\s*$/,
  /^usage: /,
  /^(?:\S+|ottla [\w-]+):\s+error:\s/,
  /^ottla [\w|, -]+: /,
]

/** Classes of Java before what they say; and where one says nothing, it stays. */
const thrown = /^(?:Exception in thread "main" )?(?:[a-z]\w*\.)+[\w$.]*(?:Exception|Error): (?=.)/

/** `addresses` are the texts of this run that stand for a word: the broker, the directories. */
export function normal(
  { code, stdout, stderr }: Outcome,
  { unordered = false }: Pick<Invocation, 'unordered'>,
  { masks: own = [] }: Pick<ToolCase, 'masks'>,
  addresses: Readonly<Record<string, string>>,
): NormalOutcome {
  const masked = (line: string) => {
    let text = line.trimEnd()
    for (const [address, word] of Object.entries(addresses)) text = text.replaceAll(address, word)
    // The order of a topic's settings means nothing.
    text = text.replace(
      /(\tConfigs: )(\S+)$/,
      (_, head: string, list: string) => head + list.split(',').sort().join(','),
    )
    const before = text
    for (const [pattern, word] of [...masks, ...own]) text = text.replaceAll(pattern, word)
    // Columns are as wide as what stands in them.
    return text === before ? text : text.replaceAll(/ {2,}/g, '  ').replaceAll(/ +\t/g, '\t')
  }
  const linesOf = (text: string) => withoutNoise(text.split('\n')).map(masked)
  const out = trimmed(linesOf(stdout))
  return { code, stdout: unordered ? out.sort() : out, stderr: trimmed(linesOf(stderr)) }
}

function withoutNoise(lines: readonly string[]): string[] {
  const kept: string[] = []
  let inHelp = false
  for (const [at, line] of lines.entries()) {
    // What a tool is for belongs to its help.
    if (/^This tool |^Create, delete, /.test(line) && optionsTable.test(lines[at + 1] ?? '')) continue
    if (inHelp && usageError.test(line)) {
      // Kafka's is set in lines of the same length.
      kept.push(lines.slice(at).join(' ').replaceAll(/\s+/g, ' '))
      break
    }
    if (inHelp || trace.test(line)) continue
    if (optionsTable.test(line) || usage.test(line) || ourHelp.test(line)) {
      inHelp = true
      kept.push('<help>')
      continue
    }
    let text = line
    while (thrown.test(text)) text = text.replace(thrown, '')
    // The head of a trace says again what was just said.
    const isRepeated = kept.at(-1)?.endsWith(text) && trace.test(lines[at + 1] ?? '')
    if (!isRepeated) kept.push(text)
  }
  return kept
}

/** Without empty lines at the end. */
function trimmed(lines: string[]): string[] {
  while (lines.at(-1) === '') lines.pop()
  return lines
}
