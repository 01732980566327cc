/**
 * A data directory whose disk is full: producers to it get KAFKA_STORAGE_ERROR, the other directory goes on, and once there is room
 * again a restart brings back all that was acknowledged. The disk is a small tmpfs in a mount namespace of its own, which ends with
 * this process, whatever becomes of it.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client } from '../lib/client/client.ts'
import { codes } from '../protocol/errors.ts'
import { DescribeLogDirs } from '../protocol/messages/describe-log-dirs.ts'
import { Fetch } from '../protocol/messages/fetch.ts'
import { Metadata } from '../protocol/messages/metadata.ts'
import { Produce } from '../protocol/messages/produce.ts'
import { batchOf } from './cases/case.ts'
import { checkLogDirectory } from './check-directory.ts'
import { RetainedLedger } from './crash-ledgers.ts'
import { type OwnBroker, startOwnBroker } from './own-broker.ts'
import { runScenarios, type Scenario } from './scenario.ts'
import { Session, wholeRequest } from './session.ts'

const diskBytes = 16 * 1024 * 1024
/** Of it, what something else takes up until there is to be room again. */
const ballastBytes = 6 * 1024 * 1024
const topic = 'disk-full'
const partitions = 4
const title = 'a disk that is full'

/** Set in the process that may mount. */
const insideVariable = 'OTTLA_OWN_MOUNTS'

/** Answers how many scenarios failed; 0 where nothing may be mounted here, which is said. */
export async function diskFull(): Promise<number> {
  if (process.env[insideVariable] === undefined) {
    const refusal = whyNoMounts()
    if (refusal === null) return runInside()
    return runScenarios(title, [{ name: 'a small tmpfs', skipped: refusal, run: async () => undefined }])
  }
  const directory = mkdtempSync(join(tmpdir(), 'ottla-disk-full-'))
  try {
    return await runScenarios(title, scenariosIn(directory))
  } finally {
    spawnSync('umount', [join(directory, 'small')])
    spawnSync('umount', [join(directory, 'alone')])
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Why no file system can be mounted, as in most containers; null where one can. */
function whyNoMounts(): string | null {
  const { error, status, stderr } = spawnSync('unshare', [...unshareOptions, 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()])
  if (error) return `there is no unshare: ${error.message}`
  return status === 0 ? null : `nothing may be mounted here: ${stderr.toString().trim()}`
}

const unshareOptions = ['--map-root-user', '--mount', '--']

async function runInside(): Promise<number> {
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const command = [process.execPath, ...process.execArgv, main, ...process.argv.slice(2)]
  const env = { ...process.env, [insideVariable]: '1' }
  const child = spawn('unshare', [...unshareOptions, ...command], { stdio: 'inherit', env })
  const [code] = await once(child, 'exit')
  return code === 0 ? 0 : 1
}

/** One after the other: each goes on where the one before ended. */
function scenariosIn(directory: string): Scenario[] {
  const small = join(directory, 'small')
  const roomy = join(directory, 'roomy')
  const ballast = join(small, 'ballast')
  const filler = join(small, 'filler')
  const ledgers = Array.from(
    { length: partitions },
    (_, partition) => new RetainedLedger(topic, partition, { retentionMs: Infinity, retentionBytes: Infinity }),
  )
  let broker: OwnBroker
  let onSmall: number[] = []
  // The cluster's metadata are in the first one.
  const start = () => startOwnBroker(['--dev', '--port', '0', '--set', `log.dirs=${roomy},${small}`])
  const isOnSmall = (partition: number) => onSmall.includes(partition)

  const assertHalf = async () => {
    for (const [partition, ledger] of ledgers.entries()) {
      if (isOnSmall(partition)) {
        assert.equal(await produce(broker, ledger), codes.KAFKA_STORAGE_ERROR, `producing to partition ${partition}`)
        assert.equal(await fetchCode(broker, partition), codes.KAFKA_STORAGE_ERROR, `fetching partition ${partition}`)
      } else {
        assert.equal(await produce(broker, ledger), codes.NONE, `producing to partition ${partition}`)
        await withClient(broker, client => ledger.verify(client, Date.now()))
      }
    }
    const found = await directoriesOf(broker)
    assert.equal(found.get(small)?.errorCode, codes.KAFKA_STORAGE_ERROR, 'DescribeLogDirs says which one it is')
    assert.equal(found.get(roomy)?.errorCode, codes.NONE)
    assert.deepEqual(await leaderless(broker), onSmall, 'Metadata names no leader for its partitions')
  }

  return [
    {
      name: 'a broker begins with room in both of its directories',
      async run() {
        mkdirSync(roomy)
        mount(small, `size=${diskBytes}`)
        writeFileSync(ballast, Buffer.alloc(ballastBytes, 1))
        broker = await start()
        const session = new Session(broker.bootstrap, 'disk-full')
        await session.topic(topic, partitions)
        await session.close()
        onSmall = (await directoriesOf(broker)).get(small)?.partitions ?? []
        assert.equal(onSmall.length, partitions / 2, 'each directory has half of the partitions')
        return `${diskBytes >> 20} MiB`
      },
    },
    {
      name: 'producers to the full one get KAFKA_STORAGE_ERROR, all others are served',
      async run() {
        let requests = 0
        for (let code: number = codes.NONE; code === codes.NONE; requests++) {
          assert.ok(requests < 10_000, 'the disk fills')
          code = await produce(broker, ledgers[onSmall[requests % onSmall.length]!]!)
          assert.ok(code === codes.NONE || code === codes.KAFKA_STORAGE_ERROR, `error ${code}`)
        }
        await assertHalf()
        return `after ${requests} requests`
      },
    },
    {
      name: 'topics that are made meanwhile go to the other one',
      async run() {
        const session = new Session(broker.bootstrap, 'disk-full')
        await session.topic(`${topic}-later`, partitions)
        await session.close()
        return undefined
      },
    },
    {
      name: 'a broker that starts without a free byte there serves the other one',
      async run() {
        assert.equal(await broker.stop(), 0, 'it ends cleanly')
        fillUp(filler)
        broker = await start()
        await assertHalf()
        return undefined
      },
    },
    {
      name: 'so does one that starts with hardly any',
      async run() {
        assert.equal(await broker.stop(), 0, 'it ends cleanly')
        truncateSync(filler, Math.max(0, statSync(filler).size - 100_000))
        broker = await start()
        // What there is suffices to open it, but not for long.
        let code: number = codes.NONE
        for (let requests = 0; code === codes.NONE && requests < 10_000; requests++) {
          code = await produce(broker, ledgers[onSmall[requests % onSmall.length]!]!)
        }
        assert.equal(code, codes.KAFKA_STORAGE_ERROR)
        await assertHalf()
        return undefined
      },
    },
    {
      name: 'with room again, a restart brings back all that was acknowledged',
      async run() {
        await broker.kill()
        rmSync(ballast)
        rmSync(filler)
        broker = await start()
        let records = 0
        for (const ledger of ledgers) {
          records += await withClient(broker, client => ledger.verify(client, Date.now()))
          assert.equal(await produce(broker, ledger), codes.NONE)
          await withClient(broker, client => ledger.verify(client, Date.now()))
        }
        assert.equal(await broker.stop(), 0, 'it ends cleanly')
        const findings = [small, roomy].flatMap(path => checkLogDirectory(path, true))
        assert.deepEqual(findings, [], findings.slice(0, 3).join('; '))
        return `${records} records`
      },
    },
    {
      name: 'a broker that has no other directory ends, and says why; with room again it has everything',
      async run() {
        const alone = join(directory, 'alone')
        mount(alone, `size=${diskBytes - ballastBytes}`)
        const startAlone = () => startOwnBroker(['--dev', '--port', '0', '--data', alone])
        const ledger = new RetainedLedger(topic, 0, { retentionMs: Infinity, retentionBytes: Infinity })
        broker = await startAlone()
        const session = new Session(broker.bootstrap, 'disk-full')
        await session.topic(topic)
        await session.close()
        const ended = once(broker.process, 'exit')
        let requests = 0
        while (broker.process.exitCode === null && requests++ < 10_000)
          await produce(broker, ledger).catch(() => undefined)
        assert.deepEqual(await ended, [1, null])
        assert.match(broker.errorOutput(), /ENOSPC.*the broker stops.*\balone\b/s)
        mount(alone, `remount,size=${diskBytes}`)
        broker = await startAlone()
        const records = await withClient(broker, client => ledger.verify(client, Date.now()))
        assert.equal(await produce(broker, ledger), codes.NONE)
        assert.equal(await broker.stop(), 0, 'it ends cleanly')
        const findings = checkLogDirectory(alone, true)
        assert.deepEqual(findings, [], findings.slice(0, 3).join('; '))
        return `${records} records`
      },
    },
  ]
}

/** A file system in memory, or another size for one that is there. */
function mount(path: string, options: string): void {
  mkdirSync(path, { recursive: true })
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path])
  assert.equal(status, 0, stderr?.toString())
}

/** Writes a file as large as the disk allows. */
function fillUp(path: string): void {
  for (let bytes = 65_536; bytes > 0; ) {
    try {
      appendFileSync(path, Buffer.alloc(bytes, 1))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      bytes = bytes >> 1
    }
  }
}

async function withClient<T>({ bootstrap }: OwnBroker, use: (client: Client) => Promise<T>): Promise<T> {
  const [host, port] = bootstrap.split(':') as [string, string]
  const client = await Client.connect({ host, port: Number(port) })
  try {
    return await use(client)
  } finally {
    await client.close()
  }
}

let number = 0

/** Sends some records and gives the error code of the answer. */
function produce(broker: OwnBroker, ledger: RetainedLedger): Promise<number> {
  const values = Array.from({ length: 50 }, () => `${number++}`.padEnd(1_000, '.'))
  const partitionData = [{ index: ledger.partition, records: batchOf(values) }]
  const request = wholeRequest(Produce, { acks: -1, timeoutMs: 10_000, topicData: [{ name: topic, partitionData }] })
  return withClient(broker, async client => {
    const { errorCode, baseOffset } = (await client.send(Produce, 9, request)).responses[0]!.partitionResponses[0]!
    if (errorCode === codes.NONE) {
      ledger.acknowledged(
        baseOffset,
        values.map(value => ({ key: null, value, timestamp: 0 })),
      )
    }
    return errorCode
  })
}

function fetchCode(broker: OwnBroker, partition: number): Promise<number> {
  const topics = [{ topic, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }]
  const request = wholeRequest(Fetch, { maxWaitMs: 0, minBytes: 0, topics })
  return withClient(
    broker,
    async client => (await client.send(Fetch, 11, request)).responses[0]!.partitions[0]!.errorCode,
  )
}

/** The data directories by path, each with its error and the partitions of the topic that are there. */
function directoriesOf(broker: OwnBroker): Promise<Map<string, { errorCode: number; partitions: number[] }>> {
  return withClient(broker, async client => {
    const { results } = await client.send(DescribeLogDirs, 4, { topics: null })
    return new Map(
      results.map(({ logDir, errorCode, topics }) => {
        const found = topics.find(({ name }) => name === topic)?.partitions ?? []
        return [logDir, { errorCode, partitions: found.map(({ partitionIndex }) => partitionIndex).sort() }]
      }),
    )
  })
}

function leaderless(broker: OwnBroker): Promise<number[]> {
  return withClient(broker, async client => {
    const { topics } = await client.send(Metadata, 10, wholeRequest(Metadata, { topics: [{ name: topic }] }))
    const without = topics[0]!.partitions.filter(({ leaderId }) => leaderId === -1)
    return without.map(({ partitionIndex }) => partitionIndex).sort()
  })
}
