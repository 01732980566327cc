/** Compiles the floor under Kafka's own clients (see floor-broker.c), starts it or one of those in Node, and gives it its answers. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodeResponseFrame } from '../../protocol/frame.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import type { Api, ResponseOf } from '../../protocol/schema.ts'
import type { Target } from './replay/run.ts'

/** The only topic there is, with one partition. */
export const floorTopic = 'floor'

/** What it says that it speaks: the versions at which topics still go by their names. */
const spoken: readonly (readonly [Api, number])[] = [
  [Produce, 12],
  [Metadata, 12],
  [InitProducerId, 5],
]

function ready<A extends Api>(api: A, version: number, response: ResponseOf<A>): Buffer {
  const frame = Buffer.concat(encodeResponseFrame(api, version, 0, response))
  const head = Buffer.alloc(8)
  head.writeInt16BE(api.key, 0)
  head.writeInt16BE(version, 2)
  head.writeInt32BE(frame.length, 4)
  return Buffer.concat([head, frame])
}

function answersOf(port: number): Buffer {
  const versions = {
    errorCode: 0,
    apiKeys: [...spoken, [ApiVersions, 4] as const].map(([{ key }, version]) => ({
      apiKey: key,
      minVersion: key === ApiVersions.key ? 0 : version,
      maxVersion: version,
    })),
    throttleTimeMs: 0,
    supportedFeatures: [],
    finalizedFeatures: [],
  }
  const partition = { errorCode: 0, partitionIndex: 0, leaderId: 0, leaderEpoch: 0, offlineReplicas: [] }
  const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
  const metadata = {
    throttleTimeMs: 0,
    errorCode: 0,
    brokers: [{ nodeId: 0, host: '127.0.0.1', port }],
    controllerId: 0,
    topics: [
      {
        errorCode: 0,
        name: floorTopic,
        topicId,
        topicAuthorizedOperations: 0,
        partitions: [{ ...partition, replicaNodes: [0], isrNodes: [0] }],
      },
    ],
  }
  const noTransaction = { ongoingTxnProducerId: -1, ongoingTxnProducerEpoch: -1 }
  const producer = { throttleTimeMs: 0, errorCode: 0, producerId: 1, producerEpoch: 0, ...noTransaction }
  const produced = { index: 0, errorCode: 0, baseOffset: 0, recordErrors: [] }
  const answers = { responses: [{ name: floorTopic, topicId, partitionResponses: [produced] }], throttleTimeMs: 0 }
  return Buffer.concat([
    ...[0, 1, 2, 3, 4, 5].map(version => ready(ApiVersions, version, versions)),
    ready(Metadata, 12, metadata),
    ready(InitProducerId, 5, producer),
    ready(Produce, 12, answers),
  ])
}

export interface FloorBroker {
  readonly target: Target & { readonly pid: number }
  stop(): Promise<void>
}

const fileOf = (name: string) => fileURLToPath(new URL(name, import.meta.url))

async function start(name: string, command: string, args: readonly string[], ended: () => void): Promise<FloorBroker> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(/ready (\d+)/.exec(line.toString())![1])
  child.stdin.end(answersOf(port))
  const stop = async () => {
    child.kill('SIGTERM')
    await exit
    ended()
  }
  return { target: { name, host: '127.0.0.1', port, pid: child.pid! }, stop }
}

/** The one in Node. */
export function startFloorBrokerInNode(): Promise<FloorBroker> {
  return start('Node', process.execPath, ['--import=tsx', fileOf('./floor-broker-node.ts')], () => undefined)
}

/** The one in Node that has the broker's frames and checks as well (see checking-broker.ts). */
export function startCheckingBroker(): Promise<FloorBroker> {
  return start('Node that checks', process.execPath, ['--import=tsx', fileOf('./checking-broker.ts')], () => undefined)
}

/** The one in C; gives the reason where it cannot be had. */
export async function startFloorBrokerInC(): Promise<FloorBroker | string> {
  const directory = mkdtempSync(join(tmpdir(), 'floor-broker-'))
  const remove = () => rmSync(directory, { recursive: true, force: true })
  const program = join(directory, 'floor-broker')
  const compiler = spawnSync('cc', ['-O2', '-o', program, fileOf('./floor-broker.c')], { encoding: 'utf8' })
  if (compiler.status === 0) return start('C', program, [directory], remove)
  remove()
  return compiler.error ? 'there is no C compiler (cc) here' : `cc could not compile it: ${compiler.stderr.trim()}`
}
