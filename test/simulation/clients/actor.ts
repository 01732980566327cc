/** A client in a simulation that goes on whatever happens to brokers and connections: one round after the other, until it is over. */
import type { Clock } from '../../../lib/base/clock.ts'
import type { Random } from '../../../lib/base/random.ts'
import { Client, ClientError } from '../../../lib/client/client.ts'
import type { MemoryNetwork } from '../../../lib/network/memory.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../../../protocol/schema.ts'
import { type Loose, wholeRequest } from '../../../protocol/whole-request.ts'

/** What a client lives in. */
export interface ActorWorld {
  readonly clock: Clock
  readonly network: MemoryNetwork
  readonly random: Random
  say(line: () => string): void
  /** Something happened that may not. */
  failed(error: Error): void
}

/** Where a broker is. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** How long it waits at most before it goes on without a connection that it had, in ms. */
const backoffMsMax = 300

export abstract class Actor<W extends ActorWorld> {
  readonly name: string
  readonly world: W
  /** Resolves once it has come to an end. */
  ended: Promise<void> = Promise.resolve()
  readonly #timeoutMs: number
  /** By host. */
  readonly #clients = new Map<string, Client>()
  #isOver = false

  /** An answer may take so long. */
  constructor(name: string, world: W, timeoutMs: number) {
    this.name = name
    this.world = world
    this.#timeoutMs = timeoutMs
  }

  /** Works until it is over. */
  start(): void {
    this.ended = this.#run()
  }

  /** Ends after the round that is under way. */
  end(): void {
    this.#isOver = true
  }

  protected get isOver(): boolean {
    return this.#isOver
  }

  /** Does one thing. May reject with ClientError, when a connection is of no use any more. */
  protected abstract round(): Promise<void>

  /** What was not answered will not be: whoever keeps books makes a note of it. */
  protected disconnected(): void {}

  protected say(line: () => string): void {
    this.world.say(() => `${this.name}: ${line()}`)
  }

  protected sleep(ms: number): Promise<void> {
    return new Promise(resolve => this.world.clock.schedule(ms, resolve))
  }

  protected async askAt<A extends Api>(
    { host, port }: Address,
    api: A,
    version: number,
    request: Loose<ClientRequestOf<A>>,
  ): Promise<ClientResponseOf<A>> {
    let client = this.#clients.get(host)
    const { clock, network } = this.world
    try {
      if (client === undefined) {
        const about = { host, port, clientId: this.name, timeoutMs: this.#timeoutMs, clock }
        client = await Client.connect({ ...about, network: network.host(this.name) })
        this.#clients.set(host, client)
      }
      return await client.send(api, version, wholeRequest(api, request))
    } catch (error) {
      if (error instanceof ClientError) {
        this.#clients.delete(host)
        await client?.close()
      }
      throw error
    }
  }

  /** A connection is of no use any more: the next request is sent over another. */
  protected async lost(error: ClientError): Promise<void> {
    this.say(() => error.message)
    this.disconnected()
    await this.sleep(1 + this.world.random.int(backoffMsMax))
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.round()
      } catch (error) {
        if (!(error instanceof ClientError)) {
          this.world.failed(error as Error)
          return
        }
        await this.lost(error)
      }
    }
    for (const client of this.#clients.values()) await client.close()
  }
}
