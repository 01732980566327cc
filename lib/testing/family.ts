/**
 * What a test-kit's brokers have in common, its copies and virtual clusters included: the options that the first was started with, chance, and
 * ids for producers, none of which is given twice.
 */
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

/** See the head of the file. */
export class Family {
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

  constructor(
    seed: number | undefined,
    persona?: PersonaName,
    offsetVersion: 3 | 4 = 4,
    timeoutMs = waitMsDefault,
    isTraced = false,
  ) {
    this.isTraced = isTraced
    this.offsetVersion = offsetVersion
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
