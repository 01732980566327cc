/**
 * The log of one partition as it comes and goes: opened when it is first asked for, closed when nobody has used it for a while, and out of
 * reach once its disk has failed or its topic is deleted.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { ExhaustionError } from '../../storage/faults.ts'
import type { Log } from '../../storage/log.ts'
import type { PartitionHost, Standing } from './partition-types.ts'

/** The partition whose log it is, and what that is told. */
export interface LogOwner {
  readonly name: string
  /** Whether the log stays open. */
  readonly internal: boolean
  /** Whether somebody waits for something to happen. */
  readonly isAwaited: boolean
  logOpened(log: Log): void
  logWritten(): void
  /** It cannot be used any more; `error` is for whoever waits. */
  logEnded(error: KafkaError): void
}

/** See the head of the file. */
export class PartitionLog<Owner extends LogOwner> {
  standing: Standing = 'online'
  /** Null while it is not open. */
  current: Log | null = null
  /** Whether anybody appended or read, or had it opened, since `takeUse`. */
  isUsed = false
  readonly #owner: Owner
  readonly #host: PartitionHost<Owner>

  constructor(owner: Owner, host: PartitionHost<Owner>) {
    this.#owner = owner
    this.#host = host
  }

  /** Throws KAFKA_STORAGE_ERROR or UNKNOWN_TOPIC_OR_PARTITION where it cannot be used any more, or now. */
  get opened(): Log {
    if (this.standing !== 'online') throw this.unusable()
    if (this.current === null && !this.load()) throw this.unusable()
    return this.current!
  }

  get sizeInBytes(): number {
    return this.current === null ? this.#host.sizeInBytes(this.#owner) : this.current.sizeInBytes
  }

  takeUse(): boolean {
    const { isUsed } = this
    this.isUsed = false
    return isUsed
  }

  /** Lets go of it, unless something happened to it or somebody waits. */
  unload(): void {
    if (this.#mayGo && this.#host.releaseLog(this.#owner)) this.current = null
  }

  /** Lets go of it whatever happened to it, unless something is under way or somebody waits; false where it stays. */
  letGo(): boolean {
    if (!this.#mayGo || !this.#host.letGoOfLog(this.#owner)) return false
    this.current = null
    return true
  }

  get #mayGo(): boolean {
    const { internal, isAwaited } = this.#owner
    return this.current !== null && this.standing === 'online' && !internal && !isAwaited
  }

  /** Opens it, unless it is; false where the partition is out of reach, perhaps by this, and where the process has no descriptors for it. */
  load(): boolean {
    if (this.standing !== 'online' || this.current !== null) return this.standing === 'online'
    this.isUsed = true
    let log: Log | null = null
    // One that has moved away may notice late that its files are gone.
    const isCurrent = () => log === null || log === this.current
    try {
      log = this.#host.openLog(this.#owner, {
        onWritten: () => isCurrent() && this.#owner.logWritten(),
        onFailed: error => isCurrent() && this.#host.failed(this.#owner, error),
      })
    } catch (error) {
      if (error instanceof ExhaustionError) return false
      throw error
    }
    this.current = log
    if (log === null) this.end('offline')
    else this.#owner.logOpened(log)
    return this.standing === 'online'
  }

  /** Has it given up where it is, by `move`, and opened where it lies then. */
  reopen(move: () => void): void {
    const before = this.current
    move()
    this.current = null
    if (!this.load() || before === null) return
    this.current!.producers.adopt(before.producers)
    this.#owner.logWritten()
  }

  /** Has its files completed, as those of a log that is closed well, and opens it again; false where something is under way. */
  complete(): boolean {
    const before = this.current
    if (before === null) return true
    before.removeRetired(Number.POSITIVE_INFINITY)
    if (!this.#host.letGoOfLog(this.#owner)) return false
    this.current = null
    if (this.load()) this.current!.producers.adopt(before.producers)
    return true
  }

  end(standing: Standing): void {
    if (this.standing === standing) return
    this.standing = standing
    if (standing === 'offline') this.#host.wentOffline(this.#owner)
    // Errors are dear, and many partitions may end at once.
    if (this.#owner.isAwaited) this.#owner.logEnded(this.unusable())
  }

  unusable(): KafkaError {
    const { name } = this.#owner
    if (this.standing === 'deleted') return new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION, `${name} was deleted`)
    return this.standing === 'online'
      ? new ExhaustionError(`the broker has no file descriptors left to open ${name}; see the broker's log`)
      : new KafkaError(codes.KAFKA_STORAGE_ERROR, `the disk that holds ${name} has failed; see the broker's log`)
  }
}
