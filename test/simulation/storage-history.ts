/** One history of a data directory out of a seed: what is done to it, what becomes of it, and whether that may be. */
import { type Random, seededRandom } from '../../lib/base/random.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { checkLog } from '../../storage/check.ts'
import { LogDirectory, type LogListener } from '../../storage/directory.ts'
import { faultOf } from '../../storage/faults.ts'
import type { Log } from '../../storage/log.ts'
import { cleanShutdownName } from '../../storage/names.ts'
import { recoverAhead } from '../../storage/recovery/ahead.ts'
import { faultMessage } from '../../storage/worker.ts'
import { startMs } from '../storage/fixture.ts'
import { Died } from '../storage/simulated-files.ts'
import { appendAlike, appendRecords, endTransaction } from './storage-appends.ts'
import { SimulatedDisk } from './storage-disk.ts'
import { type Member, newMember, pickOf } from './storage-members.ts'
import { PartitionModel } from './storage-model.ts'
import type { Sabotage } from './storage-sabotage.ts'
import { compact, cut, flush, isIdle, roll, shorten } from './storage-work.ts'

/** Steps of one life, at most. */
const stepsMax = 220

/** How a seed is run. */
export interface HistoryOptions {
  readonly sabotage?: Sabotage
  /** Told of every step. */
  readonly trace?: (line: string) => void
}

/** Runs a seed to its end; rejects where something is not as it must be. */
export async function runHistory(seed: number, options: HistoryOptions = {}): Promise<void> {
  const restore = options.sabotage?.install?.()
  try {
    await new History(seed, options).run()
  } finally {
    restore?.()
  }
}

/** See the head of the file. */
export class History {
  readonly random: Random
  readonly members: Member[]
  now = startMs
  disk: SimulatedDisk
  /** Numbers the records, so that no two are alike. */
  next = 0
  leaderEpoch = 0
  directory!: LogDirectory
  #clusterId: string | null = null
  #life = 0
  #scheduled: (() => void)[] = []
  /** What went wrong where nobody waits. */
  #errors: Error[] = []
  readonly #options: HistoryOptions

  constructor(seed: number, options: HistoryOptions) {
    this.#options = options
    this.random = seededRandom(seed)
    this.disk = this.#equip(new SimulatedDisk())
    this.members = Array.from({ length: this.random.int(5) === 0 ? 2 : 1 }, (_, index) => newMember(index, this.random))
  }

  pick<T>(...choices: T[]): T {
    return pickOf(this.random, ...choices)
  }

  get sabotage(): Sabotage | undefined {
    return this.#options.sabotage
  }

  say(line: () => string): void {
    this.#options.trace?.(`${this.now - startMs} ms: ${line()}`)
  }

  #equip(disk: SimulatedDisk): SimulatedDisk {
    disk.random = this.random
    disk.loses = this.sabotage?.loses ?? disk.loses
    return disk
  }

  async run(): Promise<void> {
    await this.#open()
    for (let life = 1 + this.random.int(3); life > 0; life--) await this.#live()
    // The last one ends well, whatever was before.
    await this.#restart()
    this.#verify(true)
  }

  /** Steps until the process dies, the disk fails, or the life is over. */
  async #live(): Promise<void> {
    const { disk, random } = this
    if (random.int(3) === 0) disk.stepsLeft = random.int(600)
    if (random.int(5) === 0) {
      disk.fault = { code: this.pick('ENOSPC', 'EIO'), stepsLeft: random.int(800), once: random.int(2) === 0 }
    }
    const runsOut = random.int(3) === 0
    for (let step = random.int(stepsMax); step > 0 && !disk.dead && !disk.failed; step--)
      await this.#guarded(() => this.#step(runsOut))
    if (disk.failed && !disk.dead) {
      for (let step = random.int(10); step > 0 && !disk.dead; step--) await this.#guarded(() => this.#step(false))
      if (this.disk !== disk) return
      for (const member of this.members) this.#verifyOffline(member)
      disk.fault = null
    }
    if (this.disk !== disk) return
    const end = random.int(9)
    if (end < 3) await this.#guarded(() => this.#restart())
    else if (end < 6) await this.#guarded(() => this.#replace(this.pick(...this.members)))
    // Also where that was called off.
    if (end >= 3 && this.disk === disk) await this.#crash(random.int(2) === 0)
  }

  /** Does something that may end with the process, or run into a disk that fails. */
  async #guarded(work: () => Promise<void> | void): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#note(error as Error)
    }
    const [error] = this.#errors
    if (error !== undefined) throw error
    if (this.disk.dead) await this.#crash(this.random.int(2) === 0)
  }

  /** An error is all right where the process died or had no descriptors, or the disk failed. */
  #note(error: Error): void {
    const { disk } = this
    const { code } = error as { code?: unknown }
    const expected =
      error instanceof KafkaError ? code === codes.KAFKA_STORAGE_ERROR : code === 'ENOSPC' || code === 'EIO'
    if (disk.dead || (disk.failed && expected)) return
    if (disk.ranOut && (faultOf(error) === 'exhaustion' || (expected && this.#isAnyCutOff))) return
    this.#errors.push(error)
  }

  /** Whether a cut of a log was not finished for want of descriptors: nothing but that takes a log offline then. */
  get #isAnyCutOff(): boolean {
    return this.members.some(({ log, model }) => model.cut !== null && log.failure !== null)
  }

  /** What the simulation itself looks at is not to be refused. */
  #withDescriptors(look: () => void): void {
    const { disk } = this
    const { descriptorsLeft, refusalsLeft } = disk
    disk.runOut(Number.POSITIVE_INFINITY, 0)
    look()
    disk.runOut(descriptorsLeft, refusalsLeft)
  }

  /** Lets something go on beside the steps. */
  background(work: Promise<void>, log?: Log): void {
    const { disk } = this
    work.catch(error => {
      const isGone = log !== undefined && !this.members.some(member => member.log === log)
      if (this.disk === disk && !isGone) this.#note(error)
    })
  }

  async #step(runsOut: boolean): Promise<void> {
    const { random, disk } = this
    this.now += random.int(6)
    if (runsOut && random.int(10) === 0) disk.runOut(random.int(12), 1 + random.int(5))
    for (const { index, log, model } of this.members) {
      if (!disk.failed && model.cut === null && log?.failure)
        throw new Error(`log ${index} is offline, though its disk works: ${log.failure}`)
    }
    const member = this.members[random.int(this.members.length)]
    const chance = random.int(100)
    if (chance < 47) this.#write(member, chance >= 40)
    else if (chance < 64) this.#turn()
    else if (chance < 76) await this.#settle(1 + random.int(8))
    else if (chance < 78) await this.#letGo(member)
    else if (chance < 82) flush(this, member)
    else if (chance < 84) roll(this, member)
    else if (chance < 88) this.#checkpoint()
    else if (chance < 90) this.background(this.directory.removeDeleted(this.now))
    else if (chance < 94) shorten(this, member)
    else if (chance < 98) compact(this, member)
    else if (chance < 99) await this.#seldom(member)
    else this.#verify(false)
  }

  #write(member: Member, endsTransaction: boolean): void {
    if (isIdle(member)) return
    if (endsTransaction) endTransaction(this, member)
    else appendRecords(this, member)
  }

  async #seldom(member: Member): Promise<void> {
    const chance = this.random.int(5)
    if (chance < 2) await this.#restart()
    else if (chance < 4) cut(this, member)
    else this.#remake(member)
  }

  /** Of the last batches some are cut off, others take their place, byte for byte, and the power fails: what was there before must not be between them. */
  async #replace(member: Member): Promise<void> {
    cut(this, member, true)
    for (const batch of member.model.cut?.goesOn?.taken ?? []) {
      appendAlike(this, member, batch)
      if (this.random.int(3) > 0) this.#turn()
    }
    // By smaller numbers names are mostly kept, and of what is in files some is and some is not.
    await this.#crash(true, () => this.random.next() * 0.6)
  }

  /** The topic is deleted, and another made under its name at once. */
  #remake(member: Member): void {
    const { index, compacting, model, log, config } = member
    // Where that fails, the whole directory is given up.
    if (compacting || model.cut !== null || !log.isOpen || this.disk.fault !== null) return
    this.say(() => `${index}: made again`)
    this.directory.deleteLog('t', index, config.fileDeleteDelayMs)
    member.model = new PartitionModel(model.deleteRetentionMs)
    member.remade++
    this.#openLog(member)
  }

  #turn(): void {
    this.say(() => 'the turn ends')
    for (const run of this.#scheduled.splice(0)) run()
  }

  /** The disk gets on with some of what it is at. */
  async #settle(count: number): Promise<void> {
    const { waiting } = this.disk
    for (; count > 0 && waiting.length > 0; count--) {
      const [complete] = waiting.splice(this.random.int(waiting.length), 1)
      this.say(() => 'the disk is done with something')
      complete()
      await new Promise(setImmediate)
    }
  }

  /** Waits for something to end, while the disk gets on. */
  async #until(work: Promise<void>): Promise<void> {
    let pending = true
    const done = work.finally(() => {
      pending = false
    })
    done.catch(() => undefined)
    for (;;) {
      await new Promise(setImmediate)
      if (!pending) return done
      if (this.disk.dead) throw new Died()
      if (this.disk.waiting.length === 0) throw new Error('something waits for nothing')
      await this.#settle(1)
    }
  }

  #checkpoint(): void {
    this.say(() => 'checkpoint')
    this.background(this.#checkpointed())
  }

  async #checkpointed(): Promise<void> {
    const starts = this.members.map(({ log, model }) => ({ log, model, cut: model.cut, start: log.logStartOffset }))
    await this.directory.checkpoint()
    for (const { log, model, cut, start } of starts) {
      if (cut === null && model.cut === null && log.failure === null) model.startKept = Math.max(model.startKept, start)
    }
  }

  /** Closes a log as one that nobody uses, to be opened again, now or by another process. */
  async #letGo(member: Member): Promise<void> {
    const { index, compacting, model } = member
    if (compacting || model.cut !== null || !this.directory.letGoOfLog('t', index)) return
    this.say(() => `${index}: let go of`)
    const chance = this.random.int(8)
    if (chance === 0) await this.#restart()
    else if (chance === 1) await this.#crash(this.random.int(2) === 0)
    else {
      this.#openLog(member)
      this.#verify(false)
    }
  }

  /** The process ends well, and another one begins. */
  async #restart(): Promise<void> {
    const { disk } = this
    this.say(() => 'close')
    let clean = true
    try {
      await this.#until(this.directory.close())
      const isMarked = disk.exists(`/data/${cleanShutdownName}`)
      if (!isMarked && !disk.ranOut && !disk.failed) throw new Error('a clean shutdown left no mark')
      clean = isMarked
    } catch (error) {
      if (disk.dead) throw error
      clean = false
      this.#note(error as Error)
      if (this.#errors.length > 0) return
    }
    // What is still to come of it would only meet the checks.
    disk.fault = null
    disk.runOut(Number.POSITIVE_INFINITY, 0)
    clean &&= this.members.every(({ log }) => log.failure === null)
    if (clean) {
      for (const { model } of this.members) {
        model.endCut()
        model.written = model.end
        model.flushed = model.end
        model.startKept = model.start
      }
      this.#check(true)
    }
    this.disk = this.#equip(disk.killed())
    await this.#reopen(false, clean)
  }

  /**
   * Two things are not safe from a power failure, as with Apache Kafka: a cut at the log's end, until it is on the disk; and what was
   * not yet synced of a compacted log, of which nobody can tell later whether records in its middle were lost or compacted. Where a
   * disk error stopped it from rolling, the next segment's name may be there, and the last of those that are known is in its middle.
   */
  #mayLosePower(): boolean {
    return this.members.every(
      ({ config, log, model }) =>
        !model.waitsForCut &&
        !(
          config.cleanupPolicy.includes('compact') &&
          (!log.namesLast ||
            log.segments.slice(0, log.failure === null ? -1 : undefined).some(segment => segment.needsSync))
        ),
    )
  }

  /** The process or the machine dies; the next ones open what is left, until one of them survives that. */
  async #crash(powerFails: boolean, chance = () => this.random.next()): Promise<void> {
    const power = powerFails && this.#mayLosePower()
    this.say(() => (power ? 'the power fails' : 'the process dies'))
    for (const { model, log } of this.members) {
      model.flushed = Math.max(model.flushed, Math.min(log.recoveryPoint, model.cut?.to ?? model.end))
      model.crashed(power)
    }
    this.disk = this.#equip(power ? this.disk.lostPower(chance) : this.disk.killed())
    await this.#reopen(power, false)
  }

  async #reopen(power: boolean, clean: boolean): Promise<void> {
    const { random } = this
    const isSafe =
      power ||
      this.members.every(({ config, model }) => model.cut === null && !config.cleanupPolicy.includes('compact'))
    for (const member of this.members) member.compacting = false
    for (let attempt = 0; ; attempt++) {
      if (attempt < 3 && random.int(10) === 0) this.disk.runOut(random.int(30), 1 + random.int(4))
      if (attempt < 3 && random.int(5) === 0) this.disk.stepsLeft = random.int(40)
      else if (attempt < 3 && random.int(20) === 0) {
        this.disk.fault = { code: this.pick('ENOSPC', 'EIO'), stepsLeft: random.int(60), once: random.int(2) === 0 }
      }
      try {
        await this.#open()
        break
      } catch (error) {
        this.#note(error as Error)
        if (this.#errors.length > 0) throw error
        const again = random.int(2) === 0 && isSafe
        this.say(() => `opening ends with ${error}${again ? ', and the power fails' : ''}`)
        if (again) {
          power = true
          for (const { model } of this.members) model.crashed(true)
        }
        this.disk = this.#equip(again ? this.disk.lostPower(() => random.next()) : this.disk.killed())
      }
    }
    this.disk.stepsLeft = Number.POSITIVE_INFINITY
    this.disk.runOut(Number.POSITIVE_INFINITY, 0)
    if (!this.disk.failed) this.disk.fault = null
    for (const { model, log, index } of this.members) {
      if (clean && (log.logEndOffset !== model.end || log.logStartOffset !== model.start)) {
        throw new Error(
          `a clean restart found ${log.logStartOffset} to ${log.logEndOffset}, not ${model.start} to ${model.end}`,
        )
      }
      const wasCut = model.cut !== null
      model.recovered(log, power)
      if (wasCut) {
        // Who cuts sees to it that nothing follows before the cut is on the disk.
        await this.#until(log.flush().then(() => this.directory.checkpoint()))
        model.settled()
      }
      this.say(() => `${index}: opened from ${log.logStartOffset} to ${log.logEndOffset}`)
    }
    this.#verify(true)
    this.#check(false)
  }

  async #open(): Promise<void> {
    this.#life++
    this.leaderEpoch += 1 + this.random.int(2)
    this.#scheduled = []
    const { disk } = this
    const tell = (message: string, fields?: object) => this.say(() => `${message} ${JSON.stringify(fields)}`)
    this.directory = LogDirectory.open('/data', {
      files: disk,
      nodeId: 1,
      uuid: () => this.random.uuid(),
      now: () => this.now,
      schedule: run => void this.#scheduled.push(run),
      later: run => void disk.waiting.push(run),
      producerIdExpirationMs: () => Number.MAX_SAFE_INTEGER,
      logger: this.#options.trace && { info: tell, warn: tell, error: tell },
    })
    const { clusterId } = this.directory
    if (this.#clusterId !== null && clusterId !== this.#clusterId) throw new Error('the cluster id was forgotten')
    this.#clusterId = clusterId
    if (this.#life % 2 === 0) await this.#until(this.#recoverAhead())
    for (const member of this.members) this.#openLog(member)
  }

  #openLog(member: Member): void {
    const { model, config, index } = member
    const life = this.#life
    const listener: LogListener = {
      onWritten: log => {
        if (this.#life !== life || model.waitsForCut) return
        model.written = log.writtenOffset
        if (model.cut === null && config.flushMessages === 1) model.flushed = log.writtenOffset
      },
    }
    for (;;) {
      try {
        const topicId = `AAAAAAAAAAAAAAAAAAA${10 + member.remade}${index}`
        const found = this.directory.topicId('t', index)
        // Of one that was deleted, which a loss of power took back, and maybe its id, too.
        const mayBeLeft = member.remade > 0 && model.flushed === 0 && model.startKept === 0
        const isLeft = found === null ? mayBeLeft : found !== topicId
        if (isLeft && this.directory.holds('t', index)) this.directory.setAside('t', index)
        member.log = this.directory.openLog('t', index, topicId, config, listener)
        break
      } catch (error) {
        // Whoever comes next asks again.
        if (faultOf(error) !== 'exhaustion') throw error
      }
    }
    model.leaderEpoch = this.leaderEpoch
    member.log.beginEpoch(this.leaderEpoch)
  }

  /** Has the logs recovered before they are opened, as a broker does in threads where there are many. */
  async #recoverAhead(): Promise<void> {
    const { disk, directory } = this
    const logs = this.members.map(({ index, config }) => ({ topic: 't', partition: index, config }))
    await directory.recover(
      logs.filter(({ topic, partition }) => directory.mustRecover(topic, partition)),
      ({ partition }, mayWait) =>
        this.say(() => `${partition}: recovered${mayWait ? ', and all of it is on the disk' : ''}`),
      {
        threads: 1,
        pause: async () => undefined,
        progress: () => undefined,
        recoverOne: job => recoverAhead(job, disk).catch(error => ({ fault: faultMessage(error) })),
      },
    )
    if (disk.dead) throw new Died()
  }

  #verify(settled: boolean): void {
    this.#withDescriptors(() => {
      for (const { log, model, index } of this.members) {
        if (!log.isOpen || model.waitsForCut) continue
        this.say(() => `${index}: look at all of it`)
        model.verify(log, this.random, this.now, settled)
      }
    })
  }

  #check(closed: boolean): void {
    this.#withDescriptors(() => {
      for (const { index, model, config } of this.members) {
        const dense = model.cleanedTo === 0 && !config.cleanupPolicy.includes('compact')
        const { findings } = checkLog(this.disk, `/data/t-${index}`, { dense, closed, logStartOffset: model.start })
        if (findings.length > 0) throw new Error(`${findings.length} findings: ${findings.slice(0, 3).join('; ')}`)
      }
    })
  }

  /** A log whose disk failed says so to everyone. */
  #verifyOffline({ log }: Member): void {
    if (log.failure === null) return
    for (const use of [() => log.roll(), () => log.offsetForTimestamp(0), () => log.advanceLogStartOffset(0)]) {
      try {
        use()
      } catch (error) {
        if (error instanceof KafkaError && error.code === codes.KAFKA_STORAGE_ERROR) continue
        throw error
      }
      throw new Error('a log that is offline works')
    }
  }
}
