/** Burrow beside what the broker tells at /metrics: it reads `__consumer_offsets` by itself, in version 3 of its values. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { TestKafka } from '../../lib/testing/test-kafka.ts'
import { freePort } from '../../test/free-port.ts'
import { type Scenario, until } from '../scenario.ts'

const missing =
  spawnSync('Burrow', ['--help']).error === undefined ? undefined : 'burrow is not here: apt-get install burrow'

/** What groups have committed, of ten records in each partition. */
const committed: Readonly<Record<string, readonly number[]>> = {
  done: [10, 10, 10],
  behind: [3, 7, 10],
  first: [0, 0, 0],
}

/** The scenario of Burrow; a broker for tests tells its figures, as it alone keeps offsets as Burrow reads them. */
export const burrowScenario: Scenario = {
  name: 'Burrow: the lag of groups is what /metrics tells',
  run: () => (missing === undefined ? besideBurrow() : Promise.resolve(missing)),
  ...(missing === undefined ? {} : { skipped: missing }),
}

async function besideBurrow(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-burrow-'))
  const kafka = await TestKafka.start({ topics: { orders: 3 }, http: '127.0.0.1:0', offsetCommitVersion: 3 })
  const [port, keeper] = [await freePort(), await zooKeeperOfNothing()]
  const { port: keeperPort } = keeper.address() as AddressInfo
  writeFileSync(join(directory, 'burrow.toml'), configOf(kafka.bootstrap, port, keeperPort, directory))
  const burrow = spawn('Burrow', ['--config-dir', directory], {
    cwd: directory,
    stdio: 'ignore',
  })
  const ended = once(burrow, 'exit')
  try {
    const client = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING })
    const producer = client.producer()
    await producer.connect()
    for (const partition of [0, 1, 2]) {
      const messages = Array.from({ length: 10 }, (_, i) => ({ partition, value: `${i}` }))
      await producer.send({ topic: 'orders', messages })
    }
    await producer.disconnect()
    const admin = client.admin()
    await admin.connect()
    try {
      for (const groupId of Object.keys(committed)) await until(`the lag of ${groupId}`, () => compared(groupId))
    } finally {
      await admin.disconnect()
    }

    async function compared(groupId: string): Promise<true | undefined> {
      // What Burrow reads before it knows where logs end, it forgets: a group commits again and again.
      const partitions = committed[groupId]!.map((offset, partition) => ({ partition, offset: String(offset) }))
      await admin.setOffsets({ groupId, topic: 'orders', partitions })
      const theirs = await lagOfBurrow(port, groupId)
      return theirs !== undefined && same(theirs, await lagOfOurs(kafka.http!, groupId)) ? true : undefined
    }
    assert.deepEqual(await lagOfBurrow(port, 'behind'), { 0: 7, 1: 3, 2: 0 })
    return `${Object.keys(committed).length} groups`
  } finally {
    burrow.kill('SIGKILL')
    await ended
    keeper.close()
    await kafka.stop()
    rmSync(directory, { recursive: true })
  }
}

function configOf(bootstrap: string, port: number, keeper: number, directory: string): string {
  const servers = `servers = ["${bootstrap}"]\nclient-profile = "own"`
  return `
[general]
pidfile = "${directory}/burrow.pid"
[logging]
filename = "${directory}/burrow.log"
level = "info"
[zookeeper]
servers = ["127.0.0.1:${keeper}"]
root-path = "/burrow"
[client-profile.own]
client-id = "burrow"
kafka-version = "2.0.0"
[cluster.own]
class-name = "kafka"
${servers}
topic-refresh = 2
offset-refresh = 1
[consumer.own]
class-name = "kafka"
cluster = "own"
${servers}
[httpserver.default]
address = "127.0.0.1:${port}"
[storage.default]
class-name = "inmemory"
min-distance = 0
[evaluator.default]
class-name = "caching"
expire-cache = 0
`
}

async function lagOfBurrow(port: number, groupId: string): Promise<Record<number, number> | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/v3/kafka/own/consumer/${groupId}/lag`)
    const { status } = (await answer.json()) as {
      status?: { partitions: { partition: number; current_lag: number }[] }
    }
    return status && Object.fromEntries(status.partitions.map(each => [each.partition, each.current_lag]))
  } catch {
    // It has not begun to listen.
    return undefined
  }
}

async function lagOfOurs(http: string, groupId: string): Promise<Record<number, number>> {
  const text = await (await fetch(`http://${http}/metrics?detail=partition`)).text()
  const lines = text.matchAll(/^ottla_group_lag\{group="([^"]*)",topic="orders",partition="(\d+)"\} (\d+)$/gm)
  return Object.fromEntries(
    [...lines].filter(([, group]) => group === groupId).map(([, , partition, lag]) => [Number(partition), Number(lag)]),
  )
}

function same(a: Record<number, number>, b: Record<number, number>): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())
}

/** Burrow does not start without ZooKeeper, though it needs it for nothing here: this one says that all nodes are there. */
async function zooKeeperOfNothing(): Promise<Server> {
  const [ping, nodeExists] = [-2, -110]
  const server = createServer(socket => {
    let [received, isGreeted] = [Buffer.alloc(0), false]
    socket.on('error', () => undefined)
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const request = received.subarray(4, 4 + received.readInt32BE(0))
        received = received.subarray(4 + request.length)
        // Version, timeout, session and a password of 16 bytes; then the answer to each request: its id, a transaction, and an error.
        const answer = Buffer.alloc(isGreeted ? 4 + 16 : 4 + 36)
        answer.writeInt32BE(answer.length - 4, 0)
        if (isGreeted) {
          request.copy(answer, 4, 0, 4)
          answer.writeInt32BE(request.readInt32BE(0) === ping ? 0 : nodeExists, 16)
        } else {
          answer.writeInt32BE(request.readInt32BE(12), 8)
          answer.writeInt32BE(1, 16)
          answer.writeInt32BE(16, 20)
        }
        isGreeted = true
        socket.write(answer)
      }
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
