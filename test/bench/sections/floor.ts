/** How far this broker is from the floor: bytes through a bare socket to a file and back, in the same runtime (see ../floor.ts). */
import { startFloor } from '../floor-process.ts'
import { Figures, type Section } from '../measures.ts'
import { cases } from '../replay/cases.ts'
import { runCase, type Target } from '../replay/run.ts'

const names = ['produce-1k-16k', 'produce-1k-1m', 'fetch-1k-64k', 'fetch-1k-1m']

export async function floor(own: Target, rounds: number, warmMegabytes: number): Promise<Section> {
  const figures = new Figures()
  const bare = await startFloor()
  try {
    for (const found of cases.filter(({ name }) => names.includes(name))) {
      const test = { ...found, warmMegabytes: found.kind === 'fetch' ? 0 : warmMegabytes }
      for (let round = 1; round <= rounds; round++) {
        for (const at of round % 2 === 0 ? [0, 1] : [1, 0]) {
          const result = await runCase(test, at === 0 ? own : bare.target)
          console.log(
            `round ${round}, ${test.name}, ${at === 0 ? 'Ottla' : 'floor'}: ${result.megabytesPerSecond.toFixed(0)} MB/s`,
          )
          const { name } = test
          figures.add(at, { name, unit: 'MB/s', digits: 0, better: 'higher' }, result.megabytesPerSecond)
          figures.add(at, { name, unit: 'CPU s/GB', digits: 2, better: 'lower' }, result.cpuSecondsPerGigabyte)
        }
      }
    }
  } finally {
    await bare.stop()
  }
  return {
    key: 'floor',
    measures: figures.all(),
    setting:
      'The floor checks, orders and keeps nothing: bytes from a bare Node socket into a file, and out of another file into the socket.',
  }
}
