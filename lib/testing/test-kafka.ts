/** A broker for tests: in memory on a free port unless told otherwise, and with words for what tests do to it. */
import type { NamesOf } from '../base/names.ts'
import { Broker, type BrokerOptions } from '../broker.ts'
import { brokerOptionNames, checkOptions } from '../composition/option-names.ts'
import { ConfigError } from '../config/values.ts'
import { httpAddressOf } from '../http/server.ts'
import type { Brokers } from './brokers/brokers.ts'
import type { Coordinated, TestBroker, TopicReplicas } from './brokers/options.ts'
import type { Fault, FaultAction, FaultMatch } from './faults/options.ts'
import { checkKind, checkMs, checkOneOf } from './given.ts'
import { deleteGroup, evict, expire, setOffsets } from './groups.ts'
import { isOpenToOthers, openAdvice, testingRoutes, tokenOf } from './http.ts'
import { Kit, type KitOptions } from './kit.ts'
import type { TestNetwork } from './network/options.ts'
import type {
  Mark,
  PersonaName,
  RequestWait,
  TestClock,
  TestDisk,
  TestGroup,
  TestTopic,
  TestTrace,
  TraceLine,
} from './options.ts'
import type { GroupState, TopicRecords } from './record-options.ts'
import type { ResetOptions, ResetResult, TestSnapshot, VirtualClusterOptions } from './state-options.ts'
import { checkRead, linesOf, loadLines, lookFor, produce, readNames, recordsIn } from './topics.ts'
import { waitNames } from './waiting.ts'

/** How a broker for tests is started. All of it may be left out. */
export interface TestKafkaOptions extends BrokerOptions {
  /** A free port where nothing is said. */
  port?: number
  /** Everything is in memory, unless there is `data`, `log.dirs` or `log.dir`. */
  ephemeral?: boolean
  /** Settings for tests: true where nothing is said. */
  dev?: boolean
  /** What is drawn (ids of topics, members, producers) is drawn from it: the same again for the same seed. */
  seed?: number
  /**
   * What a request to `/testing/` has to show as `Authorization: Bearer …`, where there is `http`; needed for an address that is not this
   * machine's alone, unless it is 'none'. OTTLA_TESTING_TOKEN where nothing is said.
   */
  testingToken?: string
  /** Keep `kit.trace` from the start, of copies and virtual clusters, too; otherwise from when it is first asked for, as it costs more than small requests do. */
  trace?: boolean
  /** Told of each request and answer as it comes. */
  onTrace?: (line: TraceLine) => void
  /** The version of Apache Kafka for which it passes: its APIs, their versions, and features. Its own where nothing is said. */
  persona?: PersonaName
  /**
   * How many brokers are to be one cluster: leaders and coordinators are moved, replicas held, and brokers stopped. Such a kit is not set back
   * or copied; it takes no `published` and no `devTls`. One broker where nothing is said.
   */
  brokers?: number
  /** The version in which offsets of groups are recorded: 3 for tools that read `__consumer_offsets` and do not know 4, which is Kafka's own. */
  offsetCommitVersion?: 3 | 4
  /** How long is waited, in ms, where a call says nothing of it; 4,000 where nothing is said. */
  timeoutMs?: number
}

/** See the head of the file. */
export class TestKafka extends Broker {
  readonly #kit: Kit
  readonly #clusters = new WeakMap<Kit, TestKafka>()

  private constructor(kit: Kit) {
    super(kit.run)
    this.#kit = kit
  }

  /** Starts a broker for tests; see `Broker.start`. */
  static override async start(options: TestKafkaOptions = {}): Promise<TestKafka> {
    checkStart(options)
    const { seed, testingToken, onTrace, persona, offsetCommitVersion, timeoutMs, trace, brokers, ...given } = options
    const { http, properties = {} } = given
    const isOnDisk = [given.data, properties['log.dirs'], properties['log.dir']].some(path => path !== undefined)
    const port = given.port ?? (properties.listeners === undefined ? 0 : undefined)
    const address = http === undefined ? null : httpAddressOf(String(typeof http === 'object' ? http.address : http))
    const token = address === null ? null : tokenOf(address.host, testingToken)
    let kit: Kit | null = null
    const all = { ephemeral: !isOnDisk, dev: true, ...given, ...(port !== undefined && { port }) }
    const of = {
      ...{ seed, onTrace, persona, offsetCommitVersion, timeoutMs, trace },
      routes: address === null ? undefined : testingRoutes(() => kit, token),
      advice: address !== null && isOpenToOthers(address.host, token) ? openAdvice : null,
    }
    kit = brokers === undefined ? await Kit.start(all, of) : await startCluster(all, brokers, of)
    return new TestKafka(kit)
  }

  /** The broker's clock: retention, compaction, sessions, rebalances, transactions and tokens go by it. */
  get clock(): TestClock {
    return this.#kit.instruments.clock
  }

  /** Has requests that fit fail, wait, get lost, happen twice or be damaged, until it is removed. The first that fits counts. */
  fault(match: FaultMatch, action: FaultAction): Fault {
    this.#kit.mustRun()
    return this.#kit.instruments.faults.add(match, action)
  }

  /** All faults that are in force, in the order in which they were put in. */
  get faults(): readonly Fault[] {
    return this.#kit.instruments.faults.list()
  }

  /** Throws a FaultVerifyError where a fault in force has met less than was meant, and says what came near. */
  verify(): void {
    this.#kit.instruments.faults.verify()
  }

  /** Requests that are answered from now on come after it. */
  mark(): Mark {
    return this.#kit.instruments.watch.mark()
  }

  /** Resolves once so many requests that fit were answered. Rejects after 4 s, or `timeoutMs`, and says what was seen. */
  request(wanted: RequestWait): Promise<number> {
    return this.#kit.instruments.request(wanted)
  }

  /** The network between clients and the broker: cut, blocked in one direction or both, slow, narrow, or closed to who comes. */
  get network(): TestNetwork {
    return this.#kit.instruments.network
  }

  /** The disk of a broker that has a data directory: full, or tearing what is written. */
  get disk(): TestDisk {
    return this.#kit.instruments.disk
  }

  /** What clients asked and were answered, in words, with the causes of errors: from when this is first asked for, unless `trace` was said. */
  get trace(): TestTrace {
    return this.#kit.instruments.trace.begin()
  }

  /** The brokers of the cluster; empty for a broker alone. */
  get brokers(): readonly TestBroker[] {
    return this.#kit.brokers?.all ?? []
  }

  /** One broker of the cluster. Throws RangeError where there is none of the node id. */
  broker(nodeId: number): TestBroker {
    this.#kit.mustRun()
    return brokersOf(this.#kit, 'stopping brokers').broker(nodeId)
  }

  /** Where a transactional id is looked after, in a cluster. */
  transaction(transactionalId: string): Coordinated {
    return brokersOf(this.#kit, 'moving coordinators').transaction(transactionalId)
  }

  /** A group of consumers. */
  group(groupId: string): TestGroup & GroupState & Coordinated {
    const { instruments } = this.#kit
    const services = () => this.#kit.services
    return {
      coordinator: () => brokersOf(this.#kit, 'a coordinator').group(groupId).coordinator(),
      moveCoordinator: async broker =>
        brokersOf(this.#kit, 'moving coordinators').group(groupId).moveCoordinator(broker),
      delete: () => deleteGroup(services(), groupId),
      setOffsets: offsets => setOffsets(services(), groupId, offsets),
      evict: memberId => evict(services(), groupId, memberId ?? null),
      expire: memberId => expire(services(), groupId, memberId),
      ready: (members, options) => instruments.groupReady(groupId, members, options),
      caughtUp: options => instruments.groupCaughtUp(groupId, options),
    }
  }

  /** Writes records of JSON lines, as files have them that a broker loads at its start. Rejects where a line is none, having written nothing. */
  async load(lines: string): Promise<void> {
    await loadLines(this.#kit.services, lines)
  }

  /** All that consumers can read, or that of one topic, as such lines. */
  async lines(topic?: string): Promise<string> {
    return linesOf(this.#kit.services, topic)
  }

  /** A topic. */
  topic(name: string): TestTopic & TopicRecords & TopicReplicas {
    const { instruments } = this.#kit
    const services = () => this.#kit.services
    const brokers = (what: string) => brokersOf(this.#kit, what)
    return {
      replicas: partition => brokers('replicas').replicas(name, partition),
      moveLeader: async (partition, broker) => brokers('moving leaders').moveLeader(name, partition, broker),
      holdFollower: async (partition, broker) => brokers('holding followers').holdFollower(name, partition, broker),
      inSync: async (partition, count, options) => brokers('replicas').inSync(name, partition, count, options),
      offset: (partition, offset, options) => instruments.topicOffset(name, partition, offset, options),
      produce: records => produce(services(), name, records),
      records: async (options = {}) => {
        checkRead('records', options)
        return recordsIn(services(), name, options)
      },
      expect: async (wanted, options = {}) => {
        checkKind('what expect looks for', wanted ?? null, 'function')
        checkRead('expect', options, expectNames)
        const { timeoutMs, signal } = options
        const wait = { ...(timeoutMs !== undefined && { timeoutMs }), ...(signal && { signal }) }
        return instruments.waiting.until(`a record in ${name}`, () => lookFor(services(), name, wanted, options), wait)
      },
    }
  }

  /** What there is now is what `reset` goes to from now on. Without it, that is what the broker was started with. */
  baseline(): Promise<void> {
    return this.#kit.baseline()
  }

  /**
   * Goes back to the baseline: topics, records, offsets and settings. Clients that are connected stay so, or are cut off with
   * `connections: 'close'`, and go on with what there is then: topics have new ids, groups have no members, and who waits is answered. Whoever is
   * named in `leftovers` is connected still, and what it goes on to do is done to the next test. Rejects where data are on disk.
   */
  reset(options: ResetOptions = {}): Promise<ResetResult> {
    return this.#kit.reset(options)
  }

  /** All that there is now, to be gone back to or copied. It costs what is written from now on. */
  async snapshot(): Promise<TestSnapshot> {
    const id = await this.#kit.snapshot()
    return { id, forget: () => void this.#kit.forget(id) }
  }

  /** The same as `reset`, to a snapshot. */
  async restore(snapshot: { readonly id: string }): Promise<void> {
    return this.#kit.restore(idOf(snapshot))
  }

  /** Another broker in this process, with a port and a cluster id of its own, that begins with what a snapshot says, or with what there is now. */
  async fork(snapshot?: { readonly id: string }): Promise<TestKafka> {
    return new TestKafka(await this.#kit.fork(snapshot && idOf(snapshot)))
  }

  /**
   * The virtual cluster of a name, made where there is none: by itself in everything, with the baseline in it, and on a port of its own unless
   * `by` says otherwise.
   */
  async cluster(name: string, options: VirtualClusterOptions = {}): Promise<TestKafka> {
    const kit = await this.#kit.cluster(name, options)
    let cluster = this.#clusters.get(kit)
    if (cluster === undefined) {
      cluster = new TestKafka(kit)
      this.#clusters.set(kit, cluster)
    }
    return cluster
  }

  /** Has clients told to find the broker there, as `advertised.listeners` says it; also after a reset. */
  advertise(listeners: string): Promise<void> {
    return this.#kit.advertise(listeners)
  }

  /** Stops the broker, with all copies and virtual clusters. Whatever is waited for or asked afterwards rejects with a StoppedError. */
  override stop(): Promise<void> {
    return this.#kit.stop()
  }
}

const expectNames = { ...readNames, ...waitNames }

const optionNames: NamesOf<TestKafkaOptions> = {
  ...brokerOptionNames,
  ...{ seed: true, testingToken: true, trace: true, onTrace: true, persona: true },
  ...{ brokers: true, offsetCommitVersion: true, timeoutMs: true },
}

/** Throws where an option is not known, or is none of what it may be. */
function checkStart(options: TestKafkaOptions): void {
  checkOptions(options, optionNames)
  const { seed, testingToken, onTrace, offsetCommitVersion, timeoutMs, trace } = options
  if (seed !== undefined && !Number.isSafeInteger(seed))
    throw new RangeError(`seed is ${seed}; it takes a whole number`)
  checkOneOf('offsetCommitVersion', offsetCommitVersion, [3, 4])
  checkMs('timeoutMs', timeoutMs)
  checkKind('onTrace', onTrace, 'function')
  checkKind('trace', trace, 'boolean')
  checkKind('testingToken', testingToken, 'string')
}

async function startCluster(all: BrokerOptions, brokers: number, of: KitOptions): Promise<Kit> {
  const { published, devTls, http, properties, ...given } = all
  if (published !== undefined || devTls) {
    const name = published === undefined ? 'devTls' : 'published'
    throw new ConfigError(name, `${name} is for a broker alone, not for brokers`)
  }
  return Kit.startCluster({ ...given, brokers, properties: { ...stays, ...properties } }, of, http)
}

/** Who leads on purpose goes on to. */
const stays = { 'auto.leader.rebalance.enable': 'false' }

function idOf(snapshot: { readonly id: string }): string {
  if (typeof snapshot?.id === 'string') return snapshot.id
  throw new TypeError('restore and fork take what snapshot() has given')
}

function brokersOf({ brokers }: Kit, what: string): Brokers {
  if (brokers !== null) return brokers
  throw new TypeError(`${what} is for a cluster, as of TestKafka.start({ brokers: 3 })`)
}
