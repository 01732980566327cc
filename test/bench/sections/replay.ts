/** The generator of ready-made requests as the load (see ../replay): here the broker is what is measured. */
import { Figures, type Section } from '../measures.ts'
import { type Case, cases } from '../replay/cases.ts'
import { type Result, runCase } from '../replay/run.ts'
import { inTurns, type Rivals } from '../rivals.ts'

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
  else figures.add(at, { name, unit: 'CPU s/GB', digits: 2, better: 'lower' }, result.cpuSecondsPerGigabyte)
  figures.add(at, { name, unit: 'p50 ms', digits: 2, better: 'lower' }, latency.p50)
  figures.add(at, { name, unit: 'p99 ms', digits: 2, better: 'lower' }, latency.p99)
}

/** Which cases: all, or those named. */
export async function replay(
  rivals: Rivals,
  rounds: number,
  warmMegabytes: number,
  named: readonly string[],
): Promise<Section> {
  const figures = new Figures()
  for (const found of cases) {
    if (named.length > 0 && !named.includes(found.name)) continue
    const test: Case = { ...found, seconds: runSeconds, warmMegabytes: found.kind === 'fetch' ? 0 : warmMegabytes }
    // A round of warming up is part of each run here.
    await inTurns(rivals, rounds, false, async (rival, at, round) => {
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
