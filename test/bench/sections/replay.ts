/** The generator of ready-made requests as the load (see ../replay): here the broker is what is measured. */
import { Figures, type Section } from '../measures.ts'
import { type Case, cases } from '../replay/cases.ts'
import { type Result, runCase } from '../replay/run.ts'
import { inTurns, type Rivals } from '../rivals.ts'

/** Rounds before all that count, of the first case. */
const warmUpRounds = 4
/** How long one run is, at most. */
const runSeconds = 3

const titles: Readonly<Record<Case['kind'], string>> = { produce: 'produce', fetch: 'fetch', tail: 'tail' }

/** What a case tells, and in which unit. */
function tell(figures: Figures, at: number, test: Case, result: Result): void {
  const { name } = test
  const single = test.recordsPerBatch === 1
  const latency = result.endToEndLatency ?? result.requestLatency
  const paced = test.rate !== Number.POSITIVE_INFINITY
  if (!paced && single) {
    figures.add(at, { name, unit: 'requests/s', digits: 0, better: 'higher' }, result.requestsPerSecond)
  } else if (!paced) figures.add(at, { name, unit: 'MB/s', digits: 0, better: 'higher' }, result.megabytesPerSecond)
  if (single)
    figures.add(at, { name, unit: 'CPU µs/request', digits: 1, better: 'lower' }, result.cpuMicrosecondsPerRequest)
  else {
    const { cpuUserSeconds, cpuSystemSeconds, cpuSecondsPerGigabyte } = result
    const cpuSeconds = cpuUserSeconds + cpuSystemSeconds
    figures.addCpu(at, name, cpuSeconds / cpuSecondsPerGigabyte, cpuSeconds, cpuSystemSeconds)
    const perRecords = { name, unit: 'CPU s/million records', digits: 2, better: 'lower' } as const
    figures.add(at, perRecords, result.cpuSecondsPerMillionRecords)
  }
  figures.add(at, { name, unit: 'p50 ms', digits: 2, better: 'lower' }, latency.p50)
  figures.add(at, { name, unit: 'p99 ms', digits: 2, better: 'lower' }, latency.p99)
  figures.add(at, { name, unit: 'p99.9 ms', digits: 2, better: 'lower' }, latency.p999)
}

/** Which cases: all, or those named. */
export async function replay(
  rivals: Rivals,
  rounds: number,
  warm: boolean,
  named: readonly string[],
): Promise<Section> {
  const figures = new Figures()
  const unknown = named.find(name => !cases.some(each => each.name === name))
  if (unknown !== undefined) throw new Error(`there is no case ${unknown}; test/bench/replay/main.ts --help lists them`)
  const wanted = cases.filter(({ name }) => named.length === 0 || named.includes(name))
  // One round is not enough for a JVM to compile what it runs.
  await inTurns(rivals, 0, warmUpRounds, async rival => {
    await runCase({ ...wanted[0], seconds: runSeconds }, rival)
  })
  for (const found of wanted) {
    const test: Case = { ...found, seconds: runSeconds, warmMemory: warm && found.kind !== 'fetch' }
    // A quarter of the load warms up in each run here.
    await inTurns(rivals, rounds, 0, async (rival, at, round) => {
      const result = await runCase(test, rival)
      const { megabytesPerSecond, cpuSecondsPerGigabyte } = result
      console.log(
        `round ${round}, ${titles[test.kind]} ${test.name}, ${rival.name}: ${megabytesPerSecond.toFixed(1)} MB/s, ${cpuSecondsPerGigabyte.toFixed(2)} s of CPU per GB`,
      )
      tell(figures, at, test, result)
    })
  }
  return {
    key: 'replay',
    measures: figures.all(),
    setting:
      'Ready-made requests, replayed; p50 and p99 are from the request to its answer, in tail- cases from the request to the consumer.',
  }
}
