/**
 * One history of a whole broker with its clients, out of a seed: producers, readers and groups over a network that delays and cuts, while
 * the broker is stopped, killed at any step of its disk, or loses its power. Afterwards all of it is held against the model.
 */
import { Fetch } from '../../../protocol/messages/fetch.ts'
import { readRecords } from '../../../protocol/records/batch.ts'
import { sizeInBytes } from '../../../protocol/records/header.ts'
import type { Actor } from './actor.ts'
import { Lives } from './lives.ts'
import { type Counter, Member } from './member.ts'
import { Model, Violation } from './model.ts'
import { Producer } from './producer.ts'
import { Reader } from './reader.ts'
import { brokerSabotages } from './sabotage.ts'
import { World } from './world.ts'

const topic = 'letters'
const partitions = 3

/** How a seed is run. */
export interface BrokerHistoryOptions {
  /** A fault put in on purpose, by name. */
  readonly sabotage?: string
  /** Told of every step. */
  readonly trace?: (line: string) => void
}

/** What came of a seed. */
export interface BrokerHistoryFigures {
  readonly acknowledgements: number
  readonly reads: number
  readonly assignments: number
  readonly commits: number
  readonly lives: number
}

/** Runs a seed to its end; rejects where something is not as it must be. */
export async function runBrokerHistory(
  seed: number,
  options: BrokerHistoryOptions = {},
): Promise<BrokerHistoryFigures> {
  const history = new BrokerHistory(seed, options)
  await history.run()
  return history.figures
}

class BrokerHistory {
  readonly #world: World
  readonly #model = new Model()
  readonly #lives: Lives

  constructor(seed: number, { sabotage, trace }: BrokerHistoryOptions) {
    const isFlushed = seed % 3 === 0
    this.#world = new World(seed, {
      properties: {
        'group.initial.rebalance.delay.ms': '0',
        'offsets.topic.num.partitions': '2',
        ...(seed % 2 === 0 ? { 'log.roll.ms': '1000' } : {}),
        'group.min.session.timeout.ms': '100',
        'connections.max.idle.ms': seed % 5 === 0 ? '2000' : '600000',
        ...(isFlushed ? { 'log.flush.interval.messages': '1' } : {}),
      },
      sabotage: sabotage === undefined ? undefined : brokerSabotages[sabotage],
      trace,
    })
    this.#lives = new Lives(this.#world, { isFlushed })
  }

  get figures(): BrokerHistoryFigures {
    const { acknowledgements, reads, assignments, commits } = this.#model
    return { acknowledgements, reads, assignments, commits, lives: this.#lives.count }
  }

  async run(): Promise<void> {
    const lives = this.#lives
    await lives.begin()
    await lives.create({ [topic]: partitions })
    await lives.run(this.#cast())
    await this.#checkAll()
    await this.#world.stop()
    lives.raise()
  }

  #cast(): Actor[] {
    const world = this.#world
    const model = this.#model
    const { random } = world
    const counter: Counter = { next: 1 }
    const of = { topic, partitions }
    const members = 2 + random.int(3)
    const groups = 1 + random.int(2)
    return [
      new Producer('i1', world, { ...of, model, isIdempotent: true }),
      new Producer('i2', world, { ...of, model, isIdempotent: true }),
      new Producer('p1', world, { ...of, model, isIdempotent: false }),
      new Reader('r1', world, model, of),
      ...Array.from({ length: members }, (_, i) => {
        const instanceId = random.int(3) === 0 ? `instance-${i}` : null
        return new Member(`m${i}`, world, model, { ...of, group: `g${i % groups}`, counter, instanceId })
      }),
    ]
  }

  /** Reads all there is, and holds it against what was promised. */
  async #checkAll(): Promise<void> {
    const client = await this.#lives.client()
    for (let partition = 0; partition < partitions; partition++) {
      const values: string[] = []
      for (;;) {
        const answer = await this.#lives.passing(client.send(Fetch, 11, fetchOf(partition, values.length)))
        const { errorCode, records } = answer.responses[0]!.partitions[0]!
        if (errorCode !== 0) throw new Violation(`${topic}-${partition} cannot be read: ${errorCode}`)
        if (records === null || records.length === 0) break
        for (let at = 0; at < records.length; at += sizeInBytes(records, at))
          for (const record of readRecords(records, at))
            if (record.offset === values.length) values.push(String(record.value))
      }
      this.#model.checkAll(`${topic}-${partition}`, values)
    }
    await client.close()
  }
}

function fetchOf(partition: number, fetchOffset: number) {
  return {
    ...{ maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, isolationLevel: 0, forgottenTopicsData: [] },
    topics: [{ topic, topicId: '', partitions: [{ partition, fetchOffset, partitionMaxBytes: 1_000_000 }] }],
  }
}
