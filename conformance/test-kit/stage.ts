/** Where clients of several languages meet a broker for tests: one broker for each scenario, with a topic of one partition. */
import assert from 'node:assert/strict'
import { TestKafka, type TestKafkaOptions } from '../../lib/testing.ts'
import { until } from '../scenario.ts'
import { ClientProcess, type Command, Puppet } from '../transactions/puppet.ts'

export const topic = 'orders'
export const group = 'waiters'
/** A machine that tests is slow, a JVM on it more so. */
export const patience = { timeoutMs: 60_000 }

/** The programs of a client. */
export interface Programs {
  readonly name: string
  /** See puppet.ts. */
  readonly producer: (bootstrap: string) => Command
  /** A member of a group that prints the values which it reads. */
  readonly member: (bootstrap: string, topic: string, group: string) => Command
}

/** A broker and a producer. */
export interface Producing {
  readonly kit: TestKafka
  readonly client: Puppet
  readonly programs: Programs
}

/** A broker and a member of a group that has its partition, unless it is to be started first. */
export interface Consuming {
  readonly kit: TestKafka
  readonly member: Member
}

/** A name, and what has to come of it; what it gives is told beside the name. */
export type Play<Stage> = readonly [string, (stage: Stage) => Promise<unknown>, TestKafkaOptions?]

/** A member of a group in a process of its own. */
export class Member {
  readonly seen: string[] = []
  readonly process: ClientProcess

  constructor(command: Command) {
    this.process = new ClientProcess(command, line => this.seen.push(line))
  }

  /** Resolves once it has read this value. */
  async reads(value: string): Promise<void> {
    const isRead = () => (this.seen.includes(value) ? true : undefined)
    await until(`${value} to be read`, isRead, patience.timeoutMs)
  }
}

export async function ask({ client }: { readonly client: Puppet }, line: string): Promise<void> {
  assert.equal(await client.ask(line), 'ok', line)
}

/** Nobody's connection was closed since a line of the trace. */
export function nobodyCutOff(kit: TestKafka, since: number): void {
  const closed = kit.trace.since(since).filter(({ kind }) => kind === 'closed')
  assert.deepEqual(closed, [], 'connections were closed')
}

export async function produced(programs: Programs, [, run, options]: Play<Producing>): Promise<string | undefined> {
  await using kit = await started(options)
  const client = new Puppet(programs.producer(kit.bootstrap))
  // Not returned as a promise: the broker would stop at once.
  return await played(client.process, () => run({ kit, client, programs }))
}

export async function consumed(
  { member: command }: Programs,
  [, run, options]: Play<Consuming>,
): Promise<string | undefined> {
  await using kit = await started(options)
  const member = new Member(command(kit.bootstrap, topic, group))
  // Not returned as a promise: the broker would stop at once.
  return await played(member.process, () => run({ kit, member }))
}

function started(options: TestKafkaOptions = {}): Promise<TestKafka> {
  return TestKafka.start({ topics: { [topic]: 1 }, logLevel: 'silent', ...options })
}

async function played(process: ClientProcess, run: () => Promise<unknown>): Promise<string | undefined> {
  try {
    const told = await run()
    return typeof told === 'string' ? told : undefined
  } catch (error) {
    if (process.errors === '') throw error
    throw new Error(`${(error as Error).message}; it said: ${process.errors.trim().split('\n').at(-1)}`)
  } finally {
    await process.kill()
  }
}
