/** A client of the simulated broker. */
import type { Api, ClientRequestOf, ClientResponseOf } from '../../../protocol/schema.ts'
import type { Loose } from '../../../protocol/whole-request.ts'
import { Actor as AnyActor } from '../clients/actor.ts'
import type { Model } from './model.ts'
import { brokerHost, brokerPort, type World } from './world.ts'

const timeoutMs = 3_000
const broker = { host: brokerHost, port: brokerPort }

/** `M` is the model that it keeps its books in. */
export abstract class Actor<M = Model> extends AnyActor<World> {
  readonly model: M

  constructor(name: string, world: World, model: M) {
    super(name, world, timeoutMs)
    this.model = model
  }

  protected send<A extends Api>(api: A, version: number, request: ClientRequestOf<A>): Promise<ClientResponseOf<A>> {
    return this.askAt(broker, api, version, request as Loose<ClientRequestOf<A>>)
  }
}
