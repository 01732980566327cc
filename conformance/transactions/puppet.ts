/**
 * A transactional producer in a process of its own, in whichever language: it does what it is told line by line, and can be killed and stopped
 * in between. Every such program takes `HOST:PORT REQUEST_TIMEOUT_MS`, reads these lines, and answers each by `ok` or `error WHY`:
 *
 *     init TRANSACTIONAL_ID TIMEOUT_MS      another producer in place of the one before, if any
 *     begin
 *     send TOPIC PARTITION[/KEY]=VALUE ...  and waits until they are acknowledged
 *     commit
 *     abort
 *
 * It ends with its input. Those of Java, confluent-kafka and franz-go take `-` for an id, and then send without transactions.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program and what it is called with. */
export interface Command {
  readonly command: string
  readonly args: readonly string[]
}

/** No answer takes longer from a producer that runs, where nothing else is said. */
const answerMsMaxUsual = 60_000

/** A process of a client, and the lines that it prints. */
export class ClientProcess {
  readonly process: ChildProcess
  readonly #ended: Promise<unknown>
  isEnded = false
  /** What it said on standard error, the end of it. */
  errors = ''

  constructor({ command, args }: Command, take: (line: string) => void) {
    this.process = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#ended = once(this.process, 'close').then(() => {
      this.isEnded = true
    })
    // A process that was killed does not take what is written to it.
    this.process.stdin!.on('error', () => {})
    this.process.stderr!.on('data', (chunk: Buffer) => {
      this.errors = (this.errors + chunk).slice(-2_000)
    })
    let rest = ''
    this.process.stdout!.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()!
      for (const line of lines) take(line)
    })
  }

  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.process.kill(name)
  }

  /** Resolves once the process is gone and all that it printed was taken. */
  ended(): Promise<unknown> {
    return this.#ended
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#ended
  }
}

export class Puppet {
  readonly process: ClientProcess
  readonly #answerMsMax: number
  #answer: (line: string) => void = () => {}

  constructor(command: Command, answerMsMax = answerMsMaxUsual) {
    this.#answerMsMax = answerMsMax
    this.process = new ClientProcess(command, line => this.#answer(line))
    void this.process.ended().then(() => this.#answer('error the process ended'))
  }

  /** Has it do something, and gives its answer; that of a process that ends meanwhile, or is killed as too slow, begins with `error`, too. */
  async ask(line: string): Promise<string> {
    if (this.process.isEnded) return 'error the process ended'
    const answer = new Promise<string>(resolve => {
      this.#answer = resolve
    })
    const timer = setTimeout(() => {
      this.#answer(`error no answer within ${this.#answerMsMax} ms`)
      this.process.signal('SIGKILL')
    }, this.#answerMsMax)
    this.process.process.stdin!.write(`${line}\n`)
    try {
      return await answer
    } finally {
      clearTimeout(timer)
    }
  }
}
