/**
 * A broker whose process has no file descriptors left says so, answers that it may be tried again, and goes on when there are some; one
 * that meets a bug in its storage ends.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { Client } from '../lib/client/client.ts'
import { codes } from '../protocol/errors.ts'
import { ApiVersions } from '../protocol/messages/api-versions.ts'
import { CreateTopics } from '../protocol/messages/create-topics.ts'
import { DescribeLogDirs } from '../protocol/messages/describe-log-dirs.ts'
import { Fetch } from '../protocol/messages/fetch.ts'
import { ListOffsets } from '../protocol/messages/list-offsets.ts'
import { Produce } from '../protocol/messages/produce.ts'
import { buildBatch } from '../protocol/records/batch.ts'

const now = 1_700_000_000_000
const noId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** More than loading the sources takes, which some versions of Node read all at once. */
const filesMax = 600

/** The child, what it logged, and a client of it. */
class Suffering {
  readonly child: ChildProcess
  log = ''
  client!: Client
  #words: string[] = []

  constructor(data: string) {
    const script = fileURLToPath(new URL('suffering-broker.ts', import.meta.url))
    const command = `ulimit -n ${filesMax} && exec "$0" "$@"`
    const args = ['-c', command, process.execPath, ...process.execArgv, script, data]
    this.child = spawn('/bin/sh', args, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
    this.child.stderr!.on('data', text => {
      this.log += text
    })
  }

  static async start(t: Test, data: string) {
    const broker = new Suffering(data)
    t.teardown(() => broker.child.kill('SIGKILL'))
    const [bootstrap] = await Promise.race([
      once(broker.child, 'message'),
      once(broker.child, 'close').then(() => Promise.reject(new Error(broker.log))),
    ])
    broker.client = await Client.connect(addressOf(bootstrap))
    broker.#words = [bootstrap]
    return broker
  }

  get address() {
    return addressOf(this.#words[0]!)
  }

  /** Resolves once it has logged this: its lines come by another way than its answers. */
  async logged(words: RegExp): Promise<void> {
    while (!words.test(this.log)) await once(this.child.stderr!, 'data')
  }

  /** Tells the child something, and gives what it says when that is done. */
  async tell(word: string): Promise<string> {
    this.child.send(word)
    const [reply] = await once(this.child, 'message')
    return reply
  }

  async stop(): Promise<number> {
    const ended = once(this.child, 'close')
    this.child.send('stop')
    const [code] = await ended
    return code
  }

  async create(name: string, configs: Record<string, string> = {}) {
    const answer = await this.client.send(CreateTopics, 5, {
      topics: [
        {
          name,
          numPartitions: 1,
          replicationFactor: 1,
          assignments: [],
          configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
        },
      ],
      timeoutMs: 10_000,
      validateOnly: false,
    })
    return answer.topics[0]!
  }

  async produce(name: string, bytes: number) {
    const value = Buffer.alloc(bytes, 'x')
    const records = buildBatch({ records: [{ timestamp: now, key: Buffer.from('k'), value }] })
    const answer = await this.client.send(Produce, 9, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name, topicId: noId, partitionData: [{ index: 0, records }] }],
    })
    return answer.responses[0]!.partitionResponses[0]!
  }

  async fetch(topic: string, fetchOffset: number) {
    const answer = await this.client.send(Fetch, 11, {
      replicaId: -1,
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1_000_000,
      topics: [{ topic, topicId: noId, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }] }],
      forgottenTopicsData: [],
    })
    return answer.responses[0]!.partitions[0]!
  }

  async offsetAt(name: string, timestamp: number) {
    const partitions = [{ partitionIndex: 0, timestamp }]
    const topics = [{ name, partitions }]
    const answer = await this.client.send(ListOffsets, 7, { replicaId: -1, isolationLevel: 0, timeoutMs: 0, topics })
    return answer.topics[0]!.partitions[0]!
  }
}

function addressOf(bootstrap: string): { host: string; port: number } {
  const [host, port] = bootstrap.split(':')
  return { host: host!, port: Number(port) }
}

/** Whether a client that connects now is served. */
async function isServed(address: { host: string; port: number }): Promise<boolean> {
  try {
    const client = await Client.connect({ ...address, timeoutMs: 10_000 })
    await client
      .send(ApiVersions, 0, { clientSoftwareName: '', clientSoftwareVersion: '' })
      .finally(() => client.close())
    return true
  } catch {
    return false
  }
}

// Some processes after one another, each of which loads all sources.
t.setTimeout(120_000)

const unlimited = process.platform === 'win32' && 'there is no ulimit here'

t.test(
  'what needs a descriptor is answered by KAFKA_STORAGE_ERROR, and served when there are some',
  { skip: unlimited },
  async t => {
    const data = t.testdir()
    const broker = await Suffering.start(t, data)
    t.equal((await broker.create('a', { 'segment.bytes': '1048576' })).errorCode, codes.NONE)
    t.equal((await broker.create('b')).errorCode, codes.NONE)
    for (let offset = 0; offset < 3; offset++) {
      t.match(await broker.produce('a', 400_000), { errorCode: codes.NONE, baseOffset: offset })
    }
    t.match(await broker.produce('b', 100), { errorCode: codes.NONE, baseOffset: 0 })

    await broker.tell('take')
    for (let round = 0; round < 2; round++) {
      t.match(await broker.produce('a', 100), { errorCode: codes.KAFKA_STORAGE_ERROR, errorMessage: /ulimit -n/ })
      t.match(await broker.produce('a', 900_000), { errorCode: codes.KAFKA_STORAGE_ERROR }, 'a roll')
      t.match(await broker.fetch('a', 0), { errorCode: codes.KAFKA_STORAGE_ERROR }, 'an old segment')
      t.match(await broker.fetch('b', 0), { errorCode: codes.KAFKA_STORAGE_ERROR })
      t.match(await broker.fetch('b', 1), { errorCode: codes.NONE, highWatermark: 1 }, 'where nothing is to be read')
      t.match(await broker.offsetAt('a', now), { errorCode: codes.KAFKA_STORAGE_ERROR })
      t.match(await broker.create('c'), { errorCode: codes.KAFKA_STORAGE_ERROR })
      t.notOk(await isServed(broker.address), 'a connection is closed')
    }
    const { results } = await broker.client.send(DescribeLogDirs, 4, { topics: null })
    t.match(results, [{ errorCode: codes.NONE }], 'no directory is offline')
    await broker.logged(
      /it can be tried again.*EMFILE: this process has no file descriptors left; allow it more \(ulimit -n/,
    )
    t.notMatch(broker.log, / ERROR |is offline/)

    await broker.tell('give')
    t.match(await broker.produce('a', 900_000), { errorCode: codes.NONE, baseOffset: 3 })
    t.match(await broker.produce('b', 100), { errorCode: codes.NONE, baseOffset: 1 })
    t.match(await broker.fetch('a', 0), { errorCode: codes.NONE, highWatermark: 4 })
    t.match(await broker.offsetAt('a', now), { errorCode: codes.NONE, offset: 0 })
    t.match(await broker.create('c'), { errorCode: codes.NONE })
    t.match(await broker.produce('c', 100), { errorCode: codes.NONE, baseOffset: 0 })
    t.ok(await isServed(broker.address))
    await broker.client.close()
    t.equal(await broker.stop(), 0)

    const again = await Suffering.start(t, data)
    for (const [name, end] of [
      ['a', 4],
      ['b', 2],
      ['c', 1],
    ] as const) {
      t.match(await again.fetch(name, end), { errorCode: codes.NONE, highWatermark: end }, `all of ${name} is there`)
    }
    await again.client.close()
    t.equal(await again.stop(), 0)
  },
)

t.test(
  'a connection that would take one of the last descriptors is refused with the remedy, and files go on',
  { skip: unlimited },
  async t => {
    const broker = await Suffering.start(t, t.testdir())
    t.equal((await broker.create('a')).errorCode, codes.NONE)
    await broker.tell('take 30')
    t.notOk(await isServed(broker.address))
    t.match(await broker.produce('a', 100), { errorCode: codes.NONE })
    t.match(await broker.create('b'), { errorCode: codes.NONE })
    t.match(await broker.produce('b', 100), { errorCode: codes.NONE })
    await broker.logged(/connection refused: .*ulimit -n.*limit=descriptors client=127.0.0.1/)
    await broker.tell('give')
    t.ok(await isServed(broker.address))
    await broker.client.close()
    t.equal(await broker.stop(), 0)
  },
)

t.test(
  'a thread that cannot be started for want of descriptors is told as that, and started later',
  { skip: unlimited },
  async t => {
    const broker = await Suffering.start(t, t.testdir())
    await broker.tell('take')
    t.equal(await broker.tell('compact'), 'compact: exhaustion')
    t.equal(await broker.tell('pack'), 'pack: exhaustion')
    await broker.tell('give')
    t.equal(await broker.tell('compact'), 'compact: disk', 'as there is no such directory')
    t.equal(await broker.tell('pack'), 'pack: refusal', 'as there are no records')
    await broker.client.close()
    t.equal(await broker.stop(), 0)
  },
)

t.test(
  'a bug in the storage ends the process with a trace, and the next one finds all that was acknowledged',
  async t => {
    const data = t.testdir()
    const broker = await Suffering.start(t, data)
    t.equal((await broker.create('a')).errorCode, codes.NONE)
    t.match(await broker.produce('a', 100), { errorCode: codes.NONE, baseOffset: 0 })
    await broker.tell('bug')
    const ended = once(broker.child, 'close')
    await t.rejects(broker.produce('a', 100))
    const [code] = await ended
    t.not(code, 0)
    t.match(broker.log, /TypeError: a bug in the storage\n +at .*\n +at /)
    t.notMatch(broker.log, /directory failed/)
    await broker.client.close()

    const again = await Suffering.start(t, data)
    t.match(await again.fetch('a', 0), { errorCode: codes.NONE, highWatermark: 1 })
    t.match(await again.produce('a', 100), { errorCode: codes.NONE, baseOffset: 1 })
    await again.client.close()
    t.equal(await again.stop(), 0)
  },
)
