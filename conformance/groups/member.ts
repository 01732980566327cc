/**
 * Members of groups, each a process of its own:
 *
 *     PROGRAM BOOTSTRAP GROUP classic|consumer TOPIC|^PATTERN INSTANCE
 *
 * where INSTANCE may be empty. They print when they were given partitions, gave them up, and read records, in microseconds since 1970,
 * `TIME + TOPIC PARTITION`, `TIME - TOPIC PARTITION`, `TIME r TOPIC PARTITION VALUE`, and commit what they have printed. SIGTERM has
 * them leave.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Command } from '../transactions/puppet.ts'
import type { Event, History } from './history.ts'

export type Protocol = 'classic' | 'consumer'

export interface MemberOptions {
  readonly bootstrap: string
  readonly group: string
  readonly protocol: Protocol
  /** A topic, or `^` and a regular expression. */
  readonly subscription: string
  readonly instance?: string
}

/** Starts a program by the arguments that are its own. */
export type MemberProgram = (args: readonly string[]) => Command

export class Member {
  readonly name: string
  readonly #process: ChildProcess
  readonly #history: History
  readonly #lines: Promise<unknown>
  #errors = ''
  #isAsked = false

  constructor(name: string, program: MemberProgram, options: MemberOptions, history: History) {
    const { bootstrap, group, protocol, subscription, instance = '' } = options
    const { command, args } = program([bootstrap, group, protocol, subscription, instance])
    this.name = name
    this.#history = history
    this.#process = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    const lines = createInterface({ input: this.#process.stdout! })
    lines.on('line', line => history.add(this.#event(line)))
    this.#lines = once(lines, 'close')
    this.#process.stderr!.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk).slice(-10_000)
    })
  }

  #event(line: string): Event {
    const [time = '', what = '', topic = '', partition = '', value = ''] = line.split(' ')
    if (what !== '+' && what !== '-' && what !== 'r') throw new Error(`${this.name} says ${line}`)
    return { member: this.name, atUs: Number(time), what, partition: `${topic}-${partition}`, value }
  }

  /** Throws where it has ended by itself. */
  check(): void {
    if (this.#isAsked || (this.#process.exitCode === null && this.#process.signalCode === null)) return
    throw new Error(`${this.name} has ended by itself: ${this.#errors.trim().split('\n').slice(-3).join(' | ')}`)
  }

  /** Has it leave, and waits until it is gone. */
  async leave(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** Ends it on the spot. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.#isAsked) return
    this.#isAsked = true
    const ended =
      this.#process.exitCode === null && this.#process.signalCode === null ? once(this.#process, 'exit') : null
    this.#process.kill(signal)
    await ended
    await this.#lines
    this.#history.gone(this.name)
  }
}
