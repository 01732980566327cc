/** One broker as a case sees it: raw requests at chosen versions, with every answer written down for comparison. */
import { Client, ClientError } from '../lib/client/client.ts'
import type { ClientLogin } from '../lib/client/login.ts'
import { toJson } from '../protocol/json.ts'
import { ApiVersions } from '../protocol/messages/api-versions.ts'
import { CreateTopics } from '../protocol/messages/create-topics.ts'
import { IncrementalAlterConfigs } from '../protocol/messages/incremental-alter-configs.ts'
import { apis } from '../protocol/messages/index.ts'
import { ListOffsets } from '../protocol/messages/list-offsets.ts'
import { Metadata } from '../protocol/messages/metadata.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../protocol/schema.ts'
import { type Loose, wholeRequest } from '../protocol/whole-request.ts'

export { type Loose, wholeRequest }

/** Versions of APIs by the names of these, lowest and highest. */
export type Offered = Readonly<Record<string, readonly [min: number, max: number]>>

/** One exchange as it is compared. */
export interface Exchange {
  readonly api: string
  readonly version: number
  /** What distinguishes it from others of the same API, in words. */
  readonly label: string
  /** The answer in Kafka's JSON form, or what happened to the connection. */
  readonly answer: unknown
}

export class Session {
  readonly host: string
  readonly port: number
  /** Part of every name, and no other run's; a comparison blanks it out. */
  readonly run: string
  readonly exchanges: Exchange[] = []
  /** The APIs whose versions the case went through. */
  readonly enumerated = new Set<string>()
  readonly #login: ClientLogin | undefined
  #client: Client | null = null
  #spoken: Offered = {}
  #asked: Offered = {}

  constructor(bootstrap: string, run: string, login?: ClientLogin) {
    const colon = bootstrap.lastIndexOf(':')
    this.host = bootstrap.slice(0, colon)
    this.port = Number(bootstrap.slice(colon + 1))
    this.run = run
    this.#login = login
  }

  /** Which versions there are, and which of them a case is to go through. */
  use(spoken: Offered, asked: Offered = spoken): void {
    this.#spoken = spoken
    this.#asked = asked
  }

  /** The versions that the broker says it speaks. */
  async offered(): Promise<Offered> {
    const client = await this.client()
    const { apiKeys } = await client.send(ApiVersions, 3, {
      clientSoftwareName: 'conformance',
      clientSoftwareVersion: '1',
    })
    return Object.fromEntries(
      apis.flatMap(({ key, name }) => {
        const found = apiKeys.find(({ apiKey }) => apiKey === key)
        return found === undefined ? [] : [[name, [found.minVersion, found.maxVersion]]]
      }),
    )
  }

  /** Versions of an API that we declare and the case is to go through, lowest first. */
  versions(api: Api): number[] {
    this.enumerated.add(api.name)
    const [min, max] = this.#asked[api.name] ?? [0, -1]
    const from = Math.max(min, api.versions[0])
    const to = Math.min(max, api.latestStable)
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
  }

  /** The lowest and highest version of an API that the broker speaks and we declare. */
  spokenVersions(api: Api): readonly [number, number] {
    const [min, max] = this.#spoken[api.name] ?? [0, -1]
    return [Math.max(min, api.versions[0]), Math.min(max, api.latestStable)]
  }

  latest(api: Api): number {
    const [min, max] = this.#spoken[api.name] ?? [0, -1]
    if (max < min) throw new Error(`the brokers have no version of ${api.name} in common`)
    return Math.min(max, api.latestStable)
  }

  /** A name that no other run uses. */
  name(what: string): string {
    return `${what}-${this.run}`
  }

  async client(): Promise<Client> {
    this.#client ??= await Client.connect({
      host: this.host,
      port: this.port,
      clientId: 'conformance',
      timeoutMs: 20_000,
      ...(this.#login && { login: this.#login }),
    })
    return this.#client
  }

  /** A connection of its own, which the caller closes. */
  async connect(clientId = 'conformance'): Promise<Client> {
    return Client.connect({ host: this.host, port: this.port, clientId, timeoutMs: 20_000 })
  }

  /** Sends a request whose answer only prepares what is compared. */
  async prepare<A extends Api>(
    api: A,
    version: number,
    request: Loose<ClientRequestOf<A>>,
  ): Promise<ClientResponseOf<A>> {
    return (await this.client()).send(api, this.#spokenVersion(api, version), wholeRequest(api, request))
  }

  /** An old broker is asked in the newest version that it speaks where a case names a newer one. */
  #spokenVersion(api: Api, version: number): number {
    return Math.min(version, this.#spoken[api.name]?.[1] ?? version)
  }

  /** Sends a request and writes its answer down. */
  async send<A extends Api>(
    api: A,
    version: number,
    request: Loose<ClientRequestOf<A>>,
    label = '',
    by?: Client,
  ): Promise<ClientResponseOf<A>> {
    const client = by ?? (await this.client())
    try {
      const at = this.#spokenVersion(api, version)
      const response = await client.send(api, at, wholeRequest(api, request))
      this.note(api.name, version, label, toJson(api.response, at, response))
      return response
    } catch (error) {
      this.note(api.name, version, label, `${(error as Error).name}: ${(error as Error).message}`)
      await this.close()
      throw new Error(`${api.name} v${version} ${label}: ${(error as Error).message}`, { cause: error })
    }
  }

  /** Sends a request that may be answered, left alone for `msMax` or met by closing the connection: gives the answer, or that in words. */
  async tell<A extends Api>(
    api: A,
    version: number,
    request: ClientRequestOf<A>,
    msMax: number,
  ): Promise<ClientResponseOf<A> | string> {
    const client = await this.client()
    const timer = setTimeout(() => client.close(), msMax)
    const begin = performance.now()
    try {
      return await client.send(api, version, request)
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      await this.close()
      return performance.now() - begin >= msMax ? `no answer within ${msMax} ms` : 'the connection was closed'
    } finally {
      clearTimeout(timer)
    }
  }

  /** Sends the same request at every version that both brokers speak. */
  async sendAtEach<A extends Api>(api: A, request: Loose<ClientRequestOf<A>>, label = ''): Promise<void> {
    for (const version of this.versions(api)) await this.send(api, version, request, label)
  }

  note(api: string, version: number, label: string, answer: unknown): void {
    this.exchanges.push({ api, version, label, answer })
  }

  /** Makes a topic, waits until it has leaders, and answers its id. */
  async topic(name: string, numPartitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    const { topics } = await this.prepare(CreateTopics, 5, {
      topics: [
        {
          name,
          numPartitions,
          replicationFactor: 1,
          configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
        },
      ],
      timeoutMs: 10_000,
    })
    if (topics[0]!.errorCode !== 0)
      throw new Error(`${name} was not made: error ${topics[0]!.errorCode}, ${topics[0]!.errorMessage}`)
    return this.led(name, numPartitions)
  }

  /** Waits until a topic has leaders, and answers its id. */
  async led(name: string, numPartitions = 1): Promise<string> {
    const partitions = Array.from({ length: numPartitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }))
    for (let attempt = 0; attempt < 500; attempt++) {
      // Metadata may name a leader before the leader knows of it.
      const [listed] = (await this.prepare(ListOffsets, 4, { replicaId: -1, topics: [{ name, partitions }] })).topics
      const [topic] = (await this.prepare(Metadata, 10, { topics: [{ name }] })).topics
      if (topic!.errorCode === 0 && listed!.partitions.every(({ errorCode }) => errorCode === 0)) return topic!.topicId
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    throw new Error(`${name} has no leaders`)
  }

  /** Sets properties of a topic. */
  async alterTopic(name: string, configs: Readonly<Record<string, string>>): Promise<void> {
    const { responses } = await this.prepare(IncrementalAlterConfigs, 0, {
      resources: [
        {
          resourceType: 2,
          resourceName: name,
          configs: Object.entries(configs).map(([property, value]) => ({ name: property, configOperation: 0, value })),
        },
      ],
    })
    const { errorCode, errorMessage } = responses[0]!
    if (errorCode !== 0) throw new Error(`${name} was not altered: error ${errorCode}, ${errorMessage}`)
  }

  async close(): Promise<void> {
    const client = this.#client
    this.#client = null
    await client?.close()
  }
}
