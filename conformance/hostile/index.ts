/**
 * Input that no well-behaved client sends. Each must end in a closed connection or one of Kafka's errors, while a bystander is
 * served without a pause and the broker's memory stays flat. Only ever aimed at a broker of one's own.
 */
import assert from 'node:assert/strict'
import { startOwnBroker } from '../own-broker.ts'
import { runScenarios } from '../scenario.ts'
import { idleConnections, unreadFetches, unreadMetadata } from './connections.ts'
import {
  announcedOnly,
  impossibleCounts,
  millionTags,
  overlongVarints,
  randomBytes,
  sizes,
  truncated,
} from './frames.ts'
import { bomb, lyingBatches, makeBombs } from './records.ts'
import { Bystander, memoryOf, type Target } from './target.ts'

/** What the broker may hold at the end beyond what it held when it was warm. */
const grownBytesMax = 150 * 1024 * 1024

const megabytes = (bytes: number) => Math.round(bytes / 1024 / 1024)

/** Answers how many scenarios failed. */
export async function hostile(options: { bootstrap: string | undefined; rest: readonly string[] }): Promise<number> {
  const bombs = makeBombs()
  const own = options.bootstrap === undefined ? await startOwnBroker() : undefined
  const bootstrap = options.bootstrap ?? own!.bootstrap
  const colon = bootstrap.lastIndexOf(':')
  const target: Target = {
    host: bootstrap.slice(0, colon),
    port: Number(bootstrap.slice(colon + 1)),
    pid: own?.pid ?? null,
  }
  const [word = ''] = options.rest
  const bystander = await Bystander.start(target)
  await new Promise(resolve => setTimeout(resolve, 1_000))
  const warmBytes = target.pid === null ? 0 : memoryOf(target.pid).residentBytes
  const scenarios: [string, () => Promise<string>][] = [
    ['frame sizes that cannot be', () => sizes(target)],
    ['random bytes', () => randomBytes(target)],
    ['requests of every API, cut short', () => truncated(target)],
    ['counts and lengths of 2³¹−1', () => impossibleCounts(target)],
    ['a million empty tagged fields', () => millionTags(target)],
    ['overlong varints', () => overlongVarints(target)],
    ['much announced, little sent', () => announcedOnly(target)],
    ['batches that lie', () => lyingBatches(target, bystander.topic)],
    ...bombs.map((each): [string, () => Promise<string>] => [
      `a ${each.codec} bomb`,
      () => bomb(target, bystander.topic, each),
    ]),
    ['2,000 idle connections', () => idleConnections(target)],
    ['a reader that never reads: fetches', () => unreadFetches(target)],
    ['a reader that never reads: metadata', () => unreadMetadata(target)],
  ]
  try {
    return await runScenarios(`hostile input to ${bootstrap}`, [
      ...scenarios
        .filter(([name]) => name.includes(word))
        .map(([name, attack]) => ({
          name,
          run: async () => {
            const note = await attack()
            const memory = target.pid === null ? '' : `, ${megabytes(memoryOf(target.pid).residentBytes)} MB resident`
            return `${note}; ${await bystander.check()}${memory}`
          },
        })),
      {
        name: 'memory is flat after all that',
        run: async () => {
          if (target.pid === null) return 'not looked at'
          const { residentBytes, peakBytes } = memoryOf(target.pid)
          assert.ok(
            residentBytes - warmBytes < grownBytesMax,
            `${megabytes(warmBytes)} MB grew to ${megabytes(residentBytes)} MB`,
          )
          return `${megabytes(warmBytes)} MB when warm, ${megabytes(residentBytes)} MB now, at most ${megabytes(peakBytes)} MB`
        },
      },
    ])
  } finally {
    await bystander.stop()
    await own?.stop()
  }
}
