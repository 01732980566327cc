/** Signals by which a user ends a command that would go on. */
import { constants } from 'node:os'
import type { Io } from '../io.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Calls `stop` at the first signal; the second one ends the process as it always does. */
export class Interrupts {
  /** Resolves at the first signal, for who waits for what may take long. */
  readonly came: Promise<void>
  #tell: () => void = () => undefined
  readonly #io: Io
  readonly #stop: () => void
  readonly #listeners: readonly (readonly [NodeJS.Signals, () => void])[]
  #code: number | null = null

  constructor(io: Io, stop: () => void) {
    this.#io = io
    this.#stop = stop
    this.#listeners = signals.map(signal => [signal, () => this.#came(signal)] as const)
    this.came = new Promise(resolve => {
      this.#tell = resolve
    })
    for (const [signal, listener] of this.#listeners) io.on(signal, listener)
  }

  /** The exit code of who was ended by the signal; null where none came. */
  get code(): number | null {
    return this.#code
  }

  forget(): void {
    for (const [signal, listener] of this.#listeners) this.#io.off(signal, listener)
  }

  #came(signal: NodeJS.Signals): void {
    this.forget()
    this.#code = 128 + constants.signals[signal]
    this.#stop()
    this.#tell()
  }
}
