/**
 * The disk of the storage simulation: its process can die at any step, or be without descriptors for some; it can be full or broken, and
 * what it does takes time.
 */
import type { Random } from '../../lib/base/random.ts'
import { Died, SimulatedFiles, type StepKind, systemError } from '../storage/simulated-files.ts'

/** A disk that stops working. */
export interface Fault {
  readonly code: 'ENOSPC' | 'EIO'
  /** Steps that still succeed. */
  stepsLeft: number
  /** Whether only one step fails. */
  readonly once: boolean
}

/** See the head of the file. */
export class SimulatedDisk extends SimulatedFiles {
  random: Random | null = null
  /** Changes and syncs until the process dies. */
  stepsLeft = Number.POSITIVE_INFINITY
  dead = false
  fault: Fault | null = null
  /** Whether the fault was met. */
  failed = false
  /** Descriptors that can still be taken, one after the other, before there are none; and then, how often there are none. */
  descriptorsLeft = Number.POSITIVE_INFINITY
  refusalsLeft = 0
  /** Whether there was none once. */
  ranOut = false
  /** What the disk, or a timer, is at. Any of it may be done next. */
  readonly waiting: (() => void)[] = []
  /** Files whose new content never arrives: a deliberate fault of the simulation. */
  loses: (path: string) => boolean = () => false

  override enter(kind: StepKind): void {
    if (this.dead) this.#die(0)
    if (kind !== 'read' && this.stepsLeft-- <= 0) this.#die(this.#chance())
    const { fault } = this
    if (fault === null || !(fault.code === 'EIO' || kind === 'write' || kind === 'name')) return
    if (fault.stepsLeft-- > 0) return
    if (fault.once) this.fault = null
    this.failed = true
    this.failureFraction = this.#chance()
    throw systemError(fault.code, 'simulated')
  }

  /** So many descriptors can still be taken, then there are none for so many that are asked for. */
  runOut(descriptorsLeft: number, refusalsLeft: number): void {
    this.descriptorsLeft = descriptorsLeft
    this.refusalsLeft = refusalsLeft
  }

  override take(path: string): void {
    if (this.dead || this.descriptorsLeft > 0) {
      this.descriptorsLeft--
      return
    }
    if (this.refusalsLeft <= 0) {
      this.descriptorsLeft = Number.POSITIVE_INFINITY
      return
    }
    this.refusalsLeft--
    this.ranOut = true
    throw systemError('EMFILE', path)
  }

  override async later(complete: () => void): Promise<void> {
    if (this.random === null) return complete()
    return new Promise((resolve, reject) => {
      this.waiting.push(() => {
        try {
          resolve(complete())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  override async replaceLater(path: string, content: Buffer | string, isWanted?: () => boolean): Promise<void> {
    if (!this.loses(path)) await super.replaceLater(path, content, isWanted)
  }

  #die(fraction: number): never {
    this.dead = true
    this.failureFraction = fraction
    throw new Died()
  }

  /** How much of a write is done before it fails; all of it, now and then. */
  #chance(): number {
    return Math.min(1, (this.random?.next() ?? 0.5) * 1.1)
  }
}
