/** A scenario is one thing that a client does and what must come of it. They run one after the other and end up in a table. */

export interface Scenario {
  readonly name: string
  /** Throws where the broker behaves otherwise. What it returns is shown beside its name. */
  run(): Promise<string | undefined>
  /** A reason why it cannot run here; it then counts as skipped. */
  readonly skipped?: string
  /** How long it may take, where two minutes are too few. */
  readonly msMax?: number
}

/** Thrown by a scenario that finds out that it cannot run here, with the reason; it then counts as skipped. */
export class Skipped extends Error {}

interface Row {
  readonly name: string
  readonly outcome: 'ok' | 'FAILED' | 'skipped'
  readonly elapsedMs: number
  readonly note: string
}

/** No scenario needs longer; what does hangs. */
const scenarioMsMaxDefault = 120_000

async function within<T>(name: string, work: Promise<T>, msMax: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name}: nothing came of it within ${msMax / 1000} s`)), msMax)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function show({ name, outcome, elapsedMs, note }: Row): string {
  const elapsed = outcome === 'skipped' ? '' : `${elapsedMs} ms`
  return `${outcome.padEnd(8)} ${elapsed.padStart(8)}  ${name}${note === '' ? '' : `  (${note})`}`
}

/** Runs the scenarios, prints a row for each and the sum, and answers how many failed. */
export async function runScenarios(title: string, scenarios: readonly Scenario[]): Promise<number> {
  console.log(`${title}\n`)
  const rows: Row[] = []
  for (const { name, run, skipped, msMax = scenarioMsMaxDefault } of scenarios) {
    const begin = performance.now()
    let outcome: Row['outcome'] = 'ok'
    let note = ''
    if (skipped !== undefined) {
      outcome = 'skipped'
      note = skipped
    } else {
      try {
        note = (await within(name, run(), msMax)) ?? ''
      } catch (error) {
        outcome = error instanceof Skipped ? 'skipped' : 'FAILED'
        note = error instanceof Error ? error.message : String(error)
        if (process.env.STACKS) console.log(error)
      }
    }
    const row = { name, outcome, elapsedMs: Math.round(performance.now() - begin), note }
    rows.push(row)
    console.log(show(row))
  }
  const count = (outcome: Row['outcome']) => rows.filter(row => row.outcome === outcome).length
  console.log(`\n${count('ok')} passed, ${count('FAILED')} failed, ${count('skipped')} skipped\n`)
  return count('FAILED')
}

/** Waits until `look` answers something, asking again and again. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  msMax = 30_000,
): Promise<T> {
  const end = performance.now() + msMax
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > end) throw new Error(`${what}: not seen within ${msMax / 1000} s`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
