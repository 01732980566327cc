/** Reading what the page cache does not hold: records fetched from a cold disk, beside `cat` of the same files. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Figures, type Section } from '../measures.ts'
import { type Case, cases } from '../replay/cases.ts'
import { runCase } from '../replay/run.ts'
import { inTurns, type Rivals } from '../rivals.ts'

const topicMegabytes = 640
/** Less than the topic has: what was fetched once is not cold any more. */
const readMegabytes = 600

/** The segments of a topic's only partition. */
function segmentsOf(data: string, topic: string): string[] {
  const directory = join(data, `${topic}-0`)
  return readdirSync(directory)
    .filter(name => name.endsWith('.log'))
    .map(name => join(directory, name))
}

/** Brings files to the disk and out of the page cache. */
function makeCold(paths: readonly string[]): void {
  for (const path of paths) {
    spawnSync('sync', [path])
    spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'])
  }
}

/** Megabytes a second at which `cat` reads them. */
function cat(paths: readonly string[]): number {
  const beginMs = performance.now()
  const { stdout } = spawnSync('sh', ['-c', 'cat "$@" | wc -c', 'sh', ...paths], { encoding: 'utf8' })
  return Number(stdout) / 1024 / 1024 / ((performance.now() - beginMs) / 1000)
}

/** Fetches of 1 MB by one connection; the rivals are the other broker, and `cat` of this broker's files. */
export async function disk(rivals: Rivals, rounds: number): Promise<Section> {
  const figures = new Figures()
  const once = { connections: 1, topicMegabytes, megabytes: readMegabytes, seconds: 60, warmUpSeconds: 0 }
  for (const batches of ['fetch-1k-1m', 'fetch-1k-1m-of-16k'] as const) {
    const add = (at: number, value: number) =>
      figures.add(at, { name: batches, unit: 'MB/s', digits: 0, better: 'higher' }, value)
    const test: Case = { ...cases.find(({ name }) => name === batches)!, ...once }
    await inTurns(rivals, rounds, 0, async ({ data, ...target }, at, round) => {
      if (data === null) return
      const { megabytesPerSecond } = await runCase(test, target, topic => {
        const segments = segmentsOf(data, topic)
        if (at === 0) {
          makeCold(segments)
          add(2, cat(segments))
        }
        makeCold(segments)
      })
      add(at, megabytesPerSecond)
      console.log(`round ${round}, ${batches}, from a cold disk, ${target.name}: ${megabytesPerSecond.toFixed(0)} MB/s`)
    })
  }
  return {
    key: 'disk',
    rivals: [rivals[1].name, 'cat'],
    measures: figures.all(),
    setting:
      'Files are written out and dropped from the page cache before; fetches of 1 MB on one connection, and cat of the same files.',
  }
}
