/** Compiles the floor in C (see floor.c) and runs it as server and client, with the sizes of a case of the generator. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { buildBatch } from '../../protocol/records/batch.ts'
import type { Case } from './replay/cases.ts'
import { usageOf } from './replay/process-usage.ts'
import { type Result, warmUpShare } from './replay/run.ts'
import { warmMegabytesFor, warmMemory } from './replay/warm-memory.ts'

/** What comes with a batch in a request, and a fetch request, and the answer to a produce, in bytes: as the generator has them. */
const produceHeadBytes = 75
const fetchBytes = 120
const producedBytes = 73
const megabyte = 1024 * 1024

/** How a fetch is answered. */
export type Way = 'pread' | 'sendfile'

/** The figures that a run of the generator has too; how long requests take is not known of the one in C. */
export type FloorResult = Pick<
  Result,
  'megabytesPerSecond' | 'requestsPerSecond' | 'cpuSecondsPerGigabyte' | 'cpuMicrosecondsPerRequest'
> &
  Partial<Pick<Result, 'requestLatency'>>

function batchBytesOf({ recordBytes, recordsPerBatch }: Case): number {
  const value = Buffer.alloc(recordBytes)
  return buildBatch({
    records: Array.from({ length: recordsPerBatch }, () => ({ timestamp: 0, key: null, value, headers: [] })),
  }).length
}

/** Waits for a line of the process that begins with a word, and gives the figures after it. */
function lineOf(child: ChildProcess, word: string): Promise<number[]> {
  const lines = createInterface({ input: child.stdout! })
  return new Promise((resolve, reject) => {
    lines.on('line', line => {
      const [first, ...figures] = line.split(' ')
      if (first === word) resolve(figures.map(Number))
    })
    child.once('exit', code => reject(new Error(`the floor in C ended with ${code} before it said ${word}`)))
  })
}

export class FloorInC {
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** Compiles it; gives the reason where that cannot be. */
  static compile(): FloorInC | string {
    const directory = mkdtempSync(join(tmpdir(), 'floor-c-'))
    const source = fileURLToPath(new URL('./floor.c', import.meta.url))
    const compiler = spawnSync('cc', ['-O2', '-o', join(directory, 'floor'), source], { encoding: 'utf8' })
    if (compiler.status === 0) return new FloorInC(directory)
    rmSync(directory, { recursive: true, force: true })
    if (compiler.error) return 'there is no C compiler (cc) here'
    return `cc could not compile it: ${compiler.stderr.trim().split('\n')[0]}`
  }

  /** Runs a case against a server of its own. */
  async run(test: Case, way: Way): Promise<FloorResult> {
    const batchBytes = batchBytesOf(test)
    const fetches = test.kind === 'fetch'
    const fetchedBytes = Math.max(1, Math.floor(test.fetchBytesMax / batchBytes)) * batchBytes
    const countedBytes = fetches ? fetchedBytes : batchBytes
    const serverWay = fetches ? (way === 'pread' ? 'fetch' : 'sendfile') : 'produce'
    const sizes = fetches ? [fetchBytes, fetchedBytes] : [batchBytes + produceHeadBytes, producedBytes]
    const requestsMax = Math.ceil((test.megabytes * megabyte) / countedBytes)
    const server = this.#spawn([serverWay, this.#directory, ...sizes])
    const stopped = once(server, 'exit')
    try {
      const [port] = await lineOf(server, 'ready')
      if (test.warmMemory) await warmMemory(warmMegabytesFor(test.megabytes * (1 + warmUpShare)))
      const client = this.#spawn([
        ...['client', port, test.connections, fetches ? 1 : test.window, ...sizes],
        ...[test.warmUpSeconds, Math.ceil(requestsMax * warmUpShare), test.seconds, requestsMax],
      ])
      const ended = lineOf(client, 'end')
      await Promise.race([lineOf(client, 'begin'), ended])
      const before = usageOf(server.pid!)
      const [seconds, requests] = await ended
      const after = usageOf(server.pid!)
      const cpuSeconds = after.userSeconds - before.userSeconds + after.systemSeconds - before.systemSeconds
      const bytes = requests * countedBytes
      return {
        megabytesPerSecond: bytes / megabyte / seconds,
        requestsPerSecond: requests / seconds,
        cpuSecondsPerGigabyte: (cpuSeconds / bytes) * 1024 * megabyte,
        cpuMicrosecondsPerRequest: (cpuSeconds / requests) * 1e6,
      }
    } finally {
      server.kill('SIGKILL')
      await stopped
      for (const name of ['written', 'served']) rmSync(join(this.#directory, name), { force: true })
    }
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #spawn(words: readonly (string | number)[]): ChildProcess {
    return spawn(join(this.#directory, 'floor'), words.map(String), { stdio: ['ignore', 'pipe', 'inherit'] })
  }
}
