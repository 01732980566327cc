/** A client of the simulated cluster: finds leaders, and asks them. */
import { Metadata } from '../../../protocol/messages/metadata.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../../../protocol/schema.ts'
import type { Loose } from '../../../protocol/whole-request.ts'
import { Actor } from '../clients/actor.ts'
import { brokerPort, hostOf } from './node.ts'
import type { ClusterWorld } from './world.ts'

const timeoutMs = 4_000

export abstract class ClusterClient extends Actor<ClusterWorld> {
  /** Leaders of partitions, as they were last told. */
  #leaders: readonly number[] = []
  /** The latest leader epoch of each partition that it was told. */
  readonly #epochs: number[] = []

  constructor(name: string, world: ClusterWorld) {
    super(name, world, timeoutMs)
  }

  protected override disconnected(): void {
    this.forgetLeaders()
  }

  protected send<A extends Api>(
    id: number,
    api: A,
    version: number,
    request: Loose<ClientRequestOf<A>>,
  ): Promise<ClientResponseOf<A>> {
    return this.askAt({ host: hostOf(id), port: brokerPort }, api, version, request)
  }

  /** The leader of a partition, as far as is known; -1 where none is. */
  protected async leaderOf(topic: string, index: number): Promise<number> {
    const known = this.#leaders[index]
    if (known !== undefined) return known
    const any = 1 + this.world.random.int(this.world.nodes.length)
    const { topics } = await this.send(any, Metadata, 9, { topics: [{ name: topic }] })
    const leaders: number[] = []
    for (const { partitionIndex, leaderId, leaderEpoch } of topics[0]!.partitions) {
      // As Kafka's clients do: who tells of a leader of before has not heard of the next one, and may be that leader itself.
      const isStale = leaderEpoch < (this.#epochs[partitionIndex] ?? -1)
      leaders[partitionIndex] = isStale ? -1 : leaderId
      if (!isStale) this.#epochs[partitionIndex] = leaderEpoch
    }
    this.#leaders = leaders
    return leaders[index] ?? -1
  }

  /** Whoever was thought to lead does not. */
  protected forgetLeaders(): void {
    this.#leaders = []
  }
}
