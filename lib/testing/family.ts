/**
 * What a test-kit's brokers have in common, its copies and virtual clusters included: the options that the first was started with, time, chance, and
 * ids for producers, none of which is given twice.
 */
import { type Clock, systemClock } from '../base/clock.ts'
import { type Random, seededRandom } from '../base/random.ts'
import type { ConfigOf } from '../composition/run.ts'
import type { CompositionOptions } from '../composition.ts'
import type { ProducerIdBlock } from '../metadata/cluster-types.ts'
import type { PersonaName } from './options.ts'
import { Persona } from './persona.ts'
import { waitMsDefault } from './waiting.ts'

/** Ids that are taken at a time. */
const idsPerBlock = 1_000

/** Of all brokers of this process that have no seed: clients go on from one to the other. */
const ofProcess = { next: 0 }

/** What a family begins with; all of it may be left out. */
export interface FamilyOptions {
  readonly seed?: number | undefined
  readonly persona?: PersonaName | undefined
  readonly offsetCommitVersion?: 3 | 4 | undefined
  readonly timeoutMs?: number | undefined
  readonly trace?: boolean | undefined
  /** The time that its clocks begin with; the machine's where nothing is said. */
  readonly clock?: Clock
}

/** See the head of the file. */
export class Family {
  /** The time that nobody turns. */
  readonly clock: Clock
  readonly seed: number | undefined
  /** What its brokers pass for; null for what they are. */
  readonly persona: Persona | null
  /** In which version offsets of groups are recorded. */
  readonly offsetVersion: 3 | 4
  /** Whether each broker is traced from its start. */
  readonly isTraced: boolean
  /** How long is waited where a call says nothing of it. */
  readonly timeoutMs: number
  /** Null where chance is the system's. */
  readonly random: Random | null
  /** Set once the first broker starts. */
  declare base: CompositionOptions
  declare configOf: ConfigOf
  readonly #ids: { next: number }

  constructor(options: FamilyOptions = {}) {
    const { seed, persona, offsetCommitVersion = 4, timeoutMs = waitMsDefault, trace = false } = options
    this.clock = options.clock ?? systemClock
    this.isTraced = trace
    this.offsetVersion = offsetCommitVersion
    this.timeoutMs = timeoutMs
    this.persona = persona === undefined ? null : new Persona(persona)
    this.seed = seed
    this.random = seed === undefined ? null : seededRandom(seed)
    this.#ids = seed === undefined ? ofProcess : { next: 0 }
  }

  readonly allocateProducerIds = async (): Promise<ProducerIdBlock> => {
    const first = this.#ids.next
    this.#ids.next += idsPerBlock
    return { first, count: idsPerBlock }
  }
}
