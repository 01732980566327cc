/** The clients that work here: programs of kafkajs, of Kafka's Java client, and a Kafka Streams application. */
import { fileURLToPath } from 'node:url'
import { type JavaProgram, javaProgram } from './java.ts'
import type { Command } from './puppet.ts'

/** Clients give up a request after this time and send it again. */
const requestMs = 1_500

/** What a copier works for. */
export interface CopierTask {
  readonly sessionMs: number
  readonly group: string
  /** This member's, the same in each of its lives. */
  readonly transactionalId: string
  readonly input: string
  readonly output: string
  /** Of the output. */
  readonly partitions: number
}

export interface CopierFamily {
  readonly name: string
  copier(bootstrap: string, task: CopierTask): Command
}

export interface Family extends CopierFamily {
  /** See puppet.ts. */
  producer(bootstrap: string): Command
  /** Prints `session` where it begins at the beginning, and `PARTITION OFFSET VALUE` for each record. */
  reader(bootstrap: string, topics: readonly string[]): Command
}

const programs = {
  producer: new URL('kafkajs/producer.ts', import.meta.url),
  reader: new URL('kafkajs/reader.ts', import.meta.url),
  copier: new URL('kafkajs/copier.ts', import.meta.url),
}

function typescript(name: keyof typeof programs, args: readonly string[]): Command {
  return { command: process.execPath, args: [...process.execArgv, fileURLToPath(programs[name]), ...args] }
}

function copierArgs(bootstrap: string, task: CopierTask): string[] {
  const { sessionMs, group, transactionalId, input, output, partitions } = task
  return [bootstrap, `${requestMs}`, `${sessionMs}`, group, transactionalId, input, output, `${partitions}`]
}

export const kafkajsFamily: Family = {
  name: 'kafkajs',
  producer: bootstrap => typescript('producer', [bootstrap, `${requestMs}`]),
  reader: (bootstrap, topics) => typescript('reader', [bootstrap, `${requestMs}`, ...topics]),
  copier: (bootstrap, task) => typescript('copier', copierArgs(bootstrap, task)),
}

/** Kafka's own, or the reason why there is none. */
export function javaFamily(): Family | string {
  const programs: Exclude<JavaProgram, string>[] = []
  for (const name of ['Producer', 'Reader', 'Copier'] as const) {
    const program = javaProgram(name)
    if (typeof program === 'string') return program
    programs.push(program)
  }
  const [producer, reader, copier] = programs as [(typeof programs)[0], (typeof programs)[0], (typeof programs)[0]]
  return {
    name: 'java',
    producer: bootstrap => producer([bootstrap, `${requestMs}`]),
    reader: (bootstrap, topics) => reader([bootstrap, `${requestMs}`, ...topics]),
    copier: (bootstrap, task) => copier(copierArgs(bootstrap, task)),
  }
}

/** A Streams application copies, too. */
export function streamsFamily(): CopierFamily | string {
  const program = javaProgram('Streams')
  if (typeof program === 'string') return program
  return { name: 'streams', copier: (bootstrap, task) => program(copierArgs(bootstrap, task)) }
}
