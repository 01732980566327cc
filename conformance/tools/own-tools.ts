/** Our command line, in this process. */
import { EventEmitter } from 'node:events'
import { Readable, Writable } from 'node:stream'
import type { Io } from '../../lib/cli/io.ts'
import { main } from '../../lib/cli/main.ts'
import { toolCommands } from '../../lib/cli/tools/index.ts'
import type { Outcome } from './normal.ts'

/** Whether we have a tool by Kafka's name for it. */
export function hasOwn(name: string): boolean {
  return Object.hasOwn(toolCommands, name)
}

/** Runs a tool by the words of its command line, the name first; asks it to end after `msMax`, as by Ctrl-C. */
export async function runOwn(words: readonly string[], stdin: string, msMax: number): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' }
  const collect = (name: keyof typeof texts) =>
    new Writable({
      decodeStrings: true,
      write(chunk: Buffer, _encoding, done) {
        texts[name] += chunk
        done()
      },
    })
  const signals = new EventEmitter()
  const io = {
    ...{ stdin: Readable.from([Buffer.from(stdin)]), stdout: collect('stdout'), stderr: collect('stderr') },
    on: signals.on.bind(signals),
    once: signals.once.bind(signals),
    off: signals.off.bind(signals),
  } as unknown as Io
  let late = false
  const timer = setTimeout(() => {
    late = true
    signals.emit('SIGINT')
  }, msMax)
  const code = await main(words, io)
  clearTimeout(timer)
  return { code: late ? 124 : code, ...texts }
}
