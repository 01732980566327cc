/**
 * This broker among those of its cluster: registered as one run after the other, each as long as its session lasts, and standing as the
 * controller in each.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { faultOf } from '../../storage/faults.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import { brokerOf, type ClusterImage } from '../cluster/image.ts'
import { controllerLeader } from '../cluster/stored.ts'
import { type Candidacy, campaign, isLed, type Leadership } from './leadership.ts'
import { Registration, type RegistrationOptions } from './registration.ts'
import { type MetadataStore, type Session, SessionEnded, StoreClosed } from './store.ts'

export interface MembershipOptions extends RegistrationOptions {
  /** Delays and what bounds them go by it. */
  readonly clock: Clock
  readonly logger: Logger
  /** This broker is out of the cluster, or may be: it leads nothing until it is in it again. */
  readonly onLost: () => void
  /** It is the controller from now on. */
  readonly onLeading: () => void
  /** Another process has taken the place of this one, for good. */
  readonly onReplaced: (error: Error) => void
}

/** Between attempts to come back into the cluster. */
const againMs = 1_000

export class Membership {
  readonly registration: Registration
  readonly #options: MembershipOptions
  readonly #store: MetadataStore
  #leadership: Leadership | null = null
  /** Whether another run is beginning: what the store says of this broker then is news to it. */
  #isBeginning = true
  #isOver = false
  #again: Timer | null = null

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#store = options.store
    this.registration = new Registration(options)
  }

  get clock(): Clock {
    return this.#options.clock
  }

  /** What being the controller rests on; null where this broker is not. */
  get leadership(): Leadership | null {
    return this.registration.session?.ended === false ? this.#leadership : null
  }

  /** Resolves once this broker is registered, and once somebody is the controller. */
  async open(): Promise<void> {
    const { standing } = await this.#begin()
    await Promise.race([standing, isLed(this.#store, controllerLeader)])
  }

  /** To be told of each image: whether this broker is still in it as it believes. */
  follow(image: ClusterImage): void {
    const { registration } = this
    if (this.#isBeginning || this.#isOver || registration.session?.ended !== false) return
    const own = brokerOf(image, this.#options.nodeId)
    if (own?.epoch === registration.epoch) return
    if (own !== undefined && own.epoch > registration.epoch) this.#replaced()
    // Somebody has taken it out, or the store believes that it is dead.
    else if (own === undefined) void registration.end()
  }

  /** Leaves the cluster: others see this broker go. */
  async close(): Promise<void> {
    this.#isOver = true
    this.#again?.cancel()
    await this.leadership?.resign()
    this.#leadership = null
    await this.registration.end()
  }

  /** As if the process had died: its session ends, and nothing else is done. For tests. */
  async kill(): Promise<void> {
    this.#isOver = true
    this.#again?.cancel()
    this.#leadership = null
    await this.registration.end()
  }

  async #begin(): Promise<{ readonly standing: Promise<void> }> {
    this.#isBeginning = true
    const session = await this.registration.begin()
    this.#isBeginning = false
    session.onEnd(() => this.#lost())
    return { standing: this.#stand(session) }
  }

  async #stand(session: Session, candidacy: Candidacy = { epoch: null }): Promise<void> {
    try {
      const value = String(this.#options.nodeId)
      const leadership = await campaign(this.#store, controllerLeader, value, session, candidacy)
      if (this.#isOver || session.ended) return
      this.#leadership = leadership
      this.#options.logger.debug('this broker is the controller', { epoch: leadership.epoch })
      this.#options.onLeading()
    } catch (error) {
      if (error instanceof SessionEnded || isForGood(error) || this.#isOver || session.ended) return
      this.#options.logger.warn('this broker could not stand as the controller, and tries again', { error })
      this.#options.clock.schedule(againMs, () => void this.#stand(session, candidacy))
    }
  }

  #replaced(): void {
    const { nodeId, onLost, onReplaced } = this.#options
    this.#isOver = true
    onLost()
    onReplaced(
      new Error(`another process has started as the broker with node id ${nodeId}, on the same data directories`),
    )
  }

  #lost(): void {
    this.#leadership = null
    if (this.#isOver) return
    this.#options.logger.warn(
      'the session with the metadata store has ended: this broker leads nothing until it is registered anew',
    )
    this.#isBeginning = true
    this.#options.onLost()
    this.#beginAnew()
  }

  #beginAnew(): void {
    const { clock, logger } = this.#options
    this.#begin().then(
      () => logger.info('this broker is registered anew', { epoch: this.registration.epoch }),
      error => {
        if (this.#isOver || isForGood(error)) return
        logger.warn('this broker could not be registered anew, and tries again', { error })
        this.#again = clock.schedule(againMs, () => this.#beginAnew())
      },
    )
  }
}

/** The store is closed, or its disk has failed: the broker ends by that. */
function isForGood(error: unknown): boolean {
  const isOffline = error instanceof KafkaError && error.code === codes.KAFKA_STORAGE_ERROR
  return isOffline || error instanceof StoreClosed || faultOf(error) === 'disk'
}
