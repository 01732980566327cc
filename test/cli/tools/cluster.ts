/** A broker in memory, and tools that are run on it. */
import { EventEmitter } from 'node:events'
import { Writable } from 'node:stream'
import type { Test } from 'tap'
import { Broker } from '../../../lib/broker.ts'
import type { Io } from '../../../lib/cli/io.ts'
import { freePort } from '../../free-port.ts'

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export type Run = (...args: readonly string[]) => Promise<Outcome>

/** Runs a tool in this process. */
export async function runHere(
  tool: (argv: readonly string[], io: Io) => Promise<number>,
  argv: readonly string[],
): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' }
  const collect = (name: keyof typeof texts) =>
    new Writable({
      write(chunk, _encoding, done) {
        texts[name] += chunk
        done()
      },
    })
  const io = { ...pick(), stdout: collect('stdout'), stderr: collect('stderr') } as unknown as Io
  const code = await tool(argv, io)
  return { code, ...texts }
}

/** Runs a tool, and presses Ctrl-C when `isTime`, which is asked when there is somebody to interrupt, and at all that is printed. */
export function interrupted(
  tool: (argv: readonly string[], io: Io) => Promise<number>,
  argv: readonly string[],
  isTime: (printed: string) => boolean,
): Promise<Outcome> {
  return runHere(async (words, io) => {
    const signals = new EventEmitter()
    let printed = ''
    const look = () => {
      if (signals.listenerCount('SIGINT') === 0 && printed === '') setImmediate(look)
      else if (isTime(printed)) signals.emit('SIGINT')
    }
    const write = (text: string) => {
      printed += text
      setImmediate(look)
      return io.stdout.write(text)
    }
    setImmediate(look)
    const [on, off] = [signals.on.bind(signals), signals.off.bind(signals)]
    return tool(words, { ...io, on, off, stdout: { write } } as never)
  }, argv)
}

/** Where no broker listens. */
export async function addressOfNobody(): Promise<string> {
  return `127.0.0.1:${await freePort()}`
}

function pick() {
  const signals = new EventEmitter()
  return {
    stdin: process.stdin,
    on: signals.on.bind(signals),
    once: signals.once.bind(signals),
    off: signals.off.bind(signals),
  }
}

/** A tool on a broker of its own; `--bootstrap-server` is given already. */
export async function toolOn(t: Test, tool: (argv: readonly string[], io: Io) => Promise<number>): Promise<Run> {
  const broker = await Broker.start({ port: 0, ephemeral: true, dev: true, logLevel: 'error' })
  t.teardown(() => broker.stop())
  return (...args) => runHere(tool, ['--bootstrap-server', broker.bootstrap, ...args])
}
