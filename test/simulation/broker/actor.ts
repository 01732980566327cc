/** A client of the simulated broker that goes on whatever happens to its connection. */
import { Client, ClientError } from '../../../lib/client/client.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../../../protocol/schema.ts'
import type { Model } from './model.ts'
import { brokerHost, brokerPort, type World } from './world.ts'

/** How long an answer may take, and how long an actor waits before it connects again. */
const [timeoutMs, backoffMsMax] = [3_000, 300]

/** `M` is the model that it keeps its books in. */
export abstract class Actor<M = Model> {
  readonly name: string
  readonly world: World
  readonly model: M
  #client: Client | null = null
  #isOver = false
  /** Resolves once it has come to an end. */
  ended: Promise<void> = Promise.resolve()

  constructor(name: string, world: World, model: M) {
    this.name = name
    this.world = world
    this.model = model
  }

  /** Works until it is over; one round after the other. */
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

  /** Does one thing. May reject with ClientError, when the connection is of no use any more. */
  protected abstract round(): Promise<void>

  /** What was not answered will not be: whoever keeps books makes a note of it. */
  protected disconnected(): void {}

  protected say(line: () => string): void {
    this.world.say(() => `${this.name}: ${line()}`)
  }

  protected sleep(ms: number): Promise<void> {
    return new Promise(resolve => this.world.clock.schedule(ms, resolve))
  }

  protected async send<A extends Api>(
    api: A,
    version: number,
    request: ClientRequestOf<A>,
  ): Promise<ClientResponseOf<A>> {
    this.#client ??= await Client.connect({
      host: brokerHost,
      port: brokerPort,
      clientId: this.name,
      timeoutMs,
      clock: this.world.clock,
      network: this.world.network.host(this.name),
    })
    return this.#client.send(api, version, request)
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.round()
      } catch (error) {
        if (!(error instanceof ClientError)) {
          this.world.errors.push(error as Error)
          return
        }
        await this.lost(error)
      }
    }
    await this.#client?.close()
  }

  /** The connection is of no use any more: the next request is sent over another. */
  protected async lost(error: ClientError): Promise<void> {
    this.say(() => error.message)
    await this.#client?.close()
    this.#client = null
    this.disconnected()
    await this.sleep(1 + this.world.random.int(backoffMsMax))
  }
}
