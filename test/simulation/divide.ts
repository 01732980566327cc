/** Divides the seeds of a simulation among processes, one seed at a time, so that one that hangs or kills its process is known. */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Which seeds, and how. */
export interface Division {
  /** The simulation's module. */
  readonly module: URL
  readonly sabotage?: string
  /** The first seed and the last that may be run. */
  readonly first: number
  readonly last: number
  /** After so many seconds no new seed is begun. */
  readonly secondsMax: number
  readonly processes: number
  /** A seed that takes longer counts as failed, and its process is ended. */
  readonly seedSecondsMax: number
  /** The command that runs a seed alone. */
  readonly replay: (seed: number) => string
  readonly print: (line: string) => void
}

/** What came of it. */
export interface Sums {
  readonly passed: number
  readonly failed: number
  /** The last seed that was begun. */
  readonly last: number
}

/** What the process of a seed answers: null where all is well. */
export type Verdict = string | null

/** Failures after which the rest would tell nothing new. */
const failuresMax = 10

/** Milliseconds between two lines that say how far it is. */
const progressMs = 10_000

const worker = fileURLToPath(new URL('./worker.ts', import.meta.url))

/** Runs the seeds; each that fails is printed with its replay. */
export async function divide(division: Division): Promise<Sums> {
  const { first, last, secondsMax, processes, replay, print } = division
  const endMs = performance.now() + 1000 * secondsMax
  let next = first
  let passed = 0
  let failed = 0
  const take = () => (next > last || failed >= failuresMax || performance.now() >= endMs ? null : next++)
  const judge = (seed: number, verdict: Verdict) => {
    if (verdict === null) {
      passed++
      return
    }
    failed++
    print(`seed ${seed}: ${verdict}\n  each step of it: ${replay(seed)}`)
  }
  const work = async (): Promise<void> => {
    let running: Worker | null = null
    let seed = take()
    while (seed !== null) {
      running ??= new Worker(division)
      const verdict = await running.run(seed)
      if (verdict !== null) judge(seed, verdict)
      const following = take()
      // The end of a process belongs to its last seed.
      if (verdict === null) judge(seed, following === null ? await running.end() : null)
      if (running.hasEnded) running = null
      seed = following
    }
    await running?.end()
  }
  const progress = setInterval(() => print(`${passed + failed} seeds, ${failed} failed`), progressMs)
  try {
    await Promise.all(Array.from({ length: Math.min(processes, last - first + 1) }, work))
  } finally {
    clearInterval(progress)
  }
  return { passed, failed, last: next - 1 }
}

/** One process. */
class Worker {
  readonly #child: ChildProcess
  readonly #timeoutMs: number
  /** How long a process takes to start says nothing of its first seed. */
  readonly #isReady: Promise<unknown>
  #before: number | null = null
  #isEnding = false
  /** How it ended: null where as it was told to, undefined as long as it runs. */
  #how: Verdict | undefined
  #tell: (verdict: Verdict) => void = () => {}

  constructor({ module, sabotage, seedSecondsMax }: Division) {
    this.#timeoutMs = 1000 * seedSecondsMax
    this.#child = fork(worker, [module.href, ...(sabotage === undefined ? [] : [sabotage])])
    this.#isReady = new Promise(resolve => {
      this.#tell = resolve
    })
    this.#child.on('message', verdict => this.#tell(verdict as Verdict))
    this.#child.on('error', error => this.#ended(error.message))
    this.#child.on('exit', (code, signal) => {
      this.#ended(this.#isEnding && code === 0 ? null : `its process ended with ${signal ?? `code ${code}`}`)
    })
  }

  get hasEnded(): boolean {
    return this.#how !== undefined
  }

  #ended(how: Verdict): void {
    if (this.#how !== undefined) return
    // What the seed before left behind may be what ended it.
    this.#how = how === null || this.#before === null ? how : `${how}; seed ${this.#before} was run in it before`
    this.#tell(this.#how)
  }

  async run(seed: number): Promise<Verdict> {
    await this.#isReady
    const verdict = await this.#told(() => this.#child.send(seed))
    this.#before = seed
    return verdict
  }

  /** Lets it end; tells how, unless all was well. */
  end(): Promise<Verdict> {
    this.#isEnding = true
    return this.#told(() => this.#child.disconnect())
  }

  #told(ask: () => void): Promise<Verdict> {
    return new Promise(resolve => {
      const timer = setTimeout(() => {
        this.#child.kill('SIGKILL')
        this.#ended(`not done within ${this.#timeoutMs / 1000} s`)
      }, this.#timeoutMs)
      this.#tell = verdict => {
        clearTimeout(timer)
        resolve(verdict)
      }
      if (this.#how !== undefined) this.#tell(this.#how)
      else ask()
    })
  }
}
