/** A client that is started again whenever it ends: who kills it wants it back. */
import { ClientProcess, type Command } from './puppet.ts'

export class Kept {
  readonly name: string
  readonly #command: Command
  readonly #take: (line: string) => void
  #process: ClientProcess
  #isOver = false
  /** How many processes there were. */
  starts = 0
  /** It has printed something. */
  isAtWork = false
  /** What the last ones said that ended by themselves. */
  readonly errors: string[] = []

  constructor(name: string, command: Command, take: (line: string) => void = () => {}) {
    this.name = name
    this.#command = command
    this.#take = take
    this.#process = this.#begin()
  }

  get process(): ClientProcess {
    return this.#process
  }

  #begin(): ClientProcess {
    this.starts++
    const process = new ClientProcess(this.#command, line => {
      this.isAtWork = true
      this.#take(line)
    })
    void process.ended().then(() => {
      if (process.errors !== '') this.errors.push(process.errors.trim().split('\n').at(-1)!)
      if (!this.#isOver) this.#process = this.#begin()
    })
    return process
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#process.kill()
  }
}
