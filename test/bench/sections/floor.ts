/**
 * How far this broker is from the floor: bytes through a bare socket to a file and back, in the same runtime (see ../floor.ts) and
 * without one (see ../floor.c).
 */
import { FloorInC, type FloorResult, type Way } from '../floor-c.ts'
import { startFloor } from '../floor-process.ts'
import { Figures, type Section } from '../measures.ts'
import { type Case, cases } from '../replay/cases.ts'
import { runCase, type Target } from '../replay/run.ts'

const names = ['produce-1k-16k', 'produce-1k-1m', 'produce-1k-16k-one', 'single-50', 'fetch-1k-64k', 'fetch-1k-1m']
/** How long one run is, at most. */
const runSeconds = 3

/** What a case tells: where each connection waits for its answer, what a request costs; otherwise what the bytes cost. */
function tell(figures: Figures, at: number, test: Case, name: string, result: FloorResult): void {
  if (test.kind === 'produce' && test.window === 1) {
    figures.add(at, { name, unit: 'requests/s', digits: 0, better: 'higher' }, result.requestsPerSecond)
    figures.add(at, { name, unit: 'CPU µs/request', digits: 1, better: 'lower' }, result.cpuMicrosecondsPerRequest)
  } else {
    figures.add(at, { name, unit: 'MB/s', digits: 0, better: 'higher' }, result.megabytesPerSecond)
    figures.add(at, { name, unit: 'CPU s/GB', digits: 2, better: 'lower' }, result.cpuSecondsPerGigabyte)
  }
}

export async function floor(own: Target, rounds: number, warm: boolean): Promise<Section> {
  const figures = new Figures()
  const inC = FloorInC.compile()
  if (typeof inC === 'string') console.log(`floor in C: skipped, ${inC}`)
  const bare = await startFloor()
  const run = async (test: Case, round: number, at: number, what: string, way: Way = 'pread') => {
    if (at === 2 && typeof inC === 'string') return
    const result = at === 2 ? await (inC as FloorInC).run(test, way) : await runCase(test, at === 0 ? own : bare.target)
    const name = way === 'sendfile' ? `${test.name} by sendfile` : test.name
    tell(figures, at, test, name, result)
    const { megabytesPerSecond, cpuMicrosecondsPerRequest } = result
    console.log(
      `round ${round}, ${name}, ${what}: ${megabytesPerSecond.toFixed(0)} MB/s, ${cpuMicrosecondsPerRequest.toFixed(1)} µs of CPU a request`,
    )
  }
  try {
    for (const name of names) {
      const found = cases.find(({ name: each }) => each === name)!
      const fetches = found.kind === 'fetch'
      const test = { ...found, seconds: runSeconds, warmMemory: warm && !fetches }
      for (let round = 1; round <= rounds; round++) {
        const turns = [
          () => run(test, round, 0, 'Ottla'),
          () => run(test, round, 1, 'Node'),
          () => run(test, round, 2, 'C'),
        ]
        for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn()
        if (fetches) await run(test, round, 2, 'C', 'sendfile')
      }
    }
  } finally {
    await bare.stop()
    if (typeof inC !== 'string') inC.close()
  }
  const skipped = typeof inC === 'string' ? ` The floor in C was left out: ${inC}.` : ''
  return {
    key: 'floor',
    rivals: ['Node', 'C'],
    measures: figures.all(),
    setting: `The floors check, order and keep nothing: bytes from a bare socket into a file, and out of another file into the socket.${skipped}`,
  }
}
