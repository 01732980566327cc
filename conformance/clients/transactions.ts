/** Transactional producers of several languages: each commits, aborts, is shut out, runs out of time, and wakes too late. */
import assert from 'node:assert/strict'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { batches, readRecords } from '../../protocol/records/batch.ts'
import { isControl, lastOffset, producerId } from '../../protocol/records/header.ts'
import { type Scenario, until } from '../scenario.ts'
import { Session } from '../session.ts'
import { javaFamily, kafkajsFamily } from '../transactions/families.ts'
import { type Command, Puppet } from '../transactions/puppet.ts'
import { franzProducer } from './franz.ts'
import { pythonProgram } from './python.ts'

/** Its producers, or why there are none. */
interface TransactionalClient {
  readonly name: string
  readonly producer: ((bootstrap: string) => Command) | string
}

const requestMs = '1500'
const transactionMsMax = 2_000
/** A broker looks for transactions whose time is over every ten seconds where nothing else is set. */
const abortedMsMax = 30_000

export function transactionalClients(): TransactionalClient[] {
  const java = javaFamily()
  const python = pythonProgram('transactional.py')
  return [
    { name: 'kafkajs', producer: kafkajsFamily.producer },
    { name: 'java', producer: typeof java === 'string' ? java : java.producer },
    {
      name: 'confluent-kafka',
      producer: typeof python === 'string' ? python : bootstrap => python([bootstrap, requestMs]),
    },
    { name: 'franz-go', producer: franzProducer(requestMs) },
  ]
}

export function transactionScenarios(bootstrap: string, clients: readonly TransactionalClient[]): Scenario[] {
  return clients.flatMap(({ name, producer }) =>
    [
      ['commits and aborts', commitsAndAborts] as const,
      ['shuts out the producer before it', shutsOut] as const,
      ['cannot commit what ran out of time, and goes on', runsOutOfTime] as const,
      ['writes nothing when it wakes after its transaction was aborted', wakesTooLate] as const,
    ].map(([what, scenario]) => ({
      name: `a transactional producer of ${name} ${what}`,
      ...(typeof producer === 'string' ? { skipped: producer } : {}),
      run: async () => {
        const stage = new Stage(bootstrap, producer as (bootstrap: string) => Command)
        try {
          return await scenario(stage)
        } finally {
          await stage.close()
        }
      },
    })),
  )
}

let stages = 0

/** One topic of one partition, and the producers that write to it. */
class Stage {
  readonly topic = `transactional-${process.pid}-${++stages}`
  readonly id = `${this.topic}-id`
  readonly #session: Session
  readonly #puppets: Puppet[] = []
  readonly #bootstrap: string
  readonly #producer: (bootstrap: string) => Command

  constructor(bootstrap: string, producer: (bootstrap: string) => Command) {
    this.#bootstrap = bootstrap
    this.#producer = producer
    this.#session = new Session(bootstrap, this.topic)
  }

  async open(timeoutMs = 60_000): Promise<Puppet> {
    if (this.#puppets.length === 0) await this.#session.topic(this.topic)
    const puppet = new Puppet(this.#producer(this.#bootstrap))
    this.#puppets.push(puppet)
    await this.does(puppet, `init ${this.id} ${timeoutMs}`)
    return puppet
  }

  async does(puppet: Puppet, ...lines: readonly string[]): Promise<void> {
    for (const line of lines) assert.equal(await puppet.ask(line.replace('send', `send ${this.topic}`)), 'ok', line)
  }

  /** The first refusal of these, or null where all of it was done. */
  async refusal(puppet: Puppet, ...lines: readonly string[]): Promise<string | null> {
    for (const line of lines) {
      const answer = await puppet.ask(line.replace('send', `send ${this.topic}`))
      if (answer !== 'ok') return answer.slice(6, 120)
    }
    return null
  }

  /** What may be read of what is committed, and whether anything is open. */
  async read(): Promise<{ values: string[]; isOpen: boolean; endOffset: number }> {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }]
    const request = { maxWaitMs: 0, minBytes: 0, isolationLevel: 1, topics: [{ topic: this.topic, partitions }] }
    const { responses } = await this.#session.prepare(Fetch, 11, request)
    const { records, abortedTransactions, lastStableOffset, highWatermark } = responses[0]!.partitions[0]!
    const aborted = [...(abortedTransactions ?? [])]
    const values: string[] = []
    for (const at of batches(records ?? Buffer.alloc(0))) {
      const id = producerId(records!, at)
      if (isControl(records!, at)) {
        const index = aborted.findIndex(each => each.producerId === id && each.firstOffset <= lastOffset(records!, at))
        if (index >= 0) aborted.splice(index, 1)
      } else if (!aborted.some(each => each.producerId === id && each.firstOffset <= lastOffset(records!, at))) {
        for (const { value } of readRecords(records!, at)) values.push(String(value))
      }
    }
    return { values, isOpen: lastStableOffset < highWatermark, endOffset: highWatermark }
  }

  /** Waits until the broker has aborted what is open, and gives the end of the log then. */
  aborted(): Promise<number> {
    return until(
      'the transaction to be aborted',
      async () => {
        const { isOpen, endOffset } = await this.read()
        return isOpen ? undefined : endOffset
      },
      abortedMsMax,
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#puppets.map(each => each.process.kill()))
    await this.#session.close()
  }
}

async function commitsAndAborts(stage: Stage): Promise<undefined> {
  const producer = await stage.open()
  for (let round = 0; round < 6; round++) {
    await stage.does(producer, 'begin', `send 0=${round}a 0=${round}b`, `send 0=${round}c`)
    await stage.does(producer, round % 2 === 0 ? 'commit' : 'abort')
  }
  const seen = await until('the last transaction to end', async () => {
    const { values, isOpen } = await stage.read()
    return isOpen ? undefined : values
  })
  assert.deepEqual(
    seen,
    [0, 2, 4].flatMap(round => ['a', 'b', 'c'].map(letter => `${round}${letter}`)),
  )
  return undefined
}

async function shutsOut(stage: Stage): Promise<string> {
  const first = await stage.open()
  await stage.does(first, 'begin', 'send 0=first')
  const second = await stage.open()
  await stage.does(second, 'begin', 'send 0=second')
  const refusal = await stage.refusal(first, 'commit')
  assert.notEqual(refusal, null, 'the first one cannot commit')
  await stage.does(second, 'commit')
  await until('the second to be read', async () => ((await stage.read()).values.join() === 'second' ? true : undefined))
  return refusal!
}

async function runsOutOfTime(stage: Stage): Promise<string> {
  const producer = await stage.open(transactionMsMax)
  await stage.does(producer, 'begin', 'send 0=late')
  await stage.aborted()
  const refusal = await stage.refusal(producer, 'commit')
  assert.notEqual(refusal, null, 'what was aborted cannot be committed')
  await stage.does(producer, `init ${stage.id} 60000`, 'begin', 'send 0=again', 'commit')
  await until('the next transaction', async () => ((await stage.read()).values.join() === 'again' ? true : undefined))
  return refusal!
}

async function wakesTooLate(stage: Stage): Promise<string> {
  const producer = await stage.open(transactionMsMax)
  await stage.does(producer, 'begin', 'send 0=before')
  producer.process.signal('SIGSTOP')
  const endOffset = await stage.aborted()
  producer.process.signal('SIGCONT')
  const refusal = await stage.refusal(producer, 'send 0=after', 'commit')
  assert.notEqual(refusal, null, 'it cannot go on')
  const end = await stage.read()
  assert.deepEqual(end, { values: [], isOpen: false, endOffset }, 'nothing is written')
  return refusal!
}
