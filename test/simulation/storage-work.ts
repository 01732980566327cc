/** What is done to a log in the storage simulation beside appending: flushing, shortening it at either end, compacting it. */
import { CompactionLoop, compactLog, dirtinessOf } from '../../storage/compaction/compaction.ts'
import { faultOf } from '../../storage/faults.ts'
import type { History } from './storage-history.ts'
import type { Member } from './storage-members.ts'

/** Whether nothing is to be appended: behind some cuts it waits until they are on the disk. */
export function isIdle({ model, log }: Member): boolean {
  return model.waitsForCut || !log.isOpen
}

/** Has all that was appended put on the disk. */
export function flush(history: History, { log, model, index }: Member): void {
  if (!log.isOpen) return
  const target = log.logEndOffset
  const { truncations } = log
  history.say(() => `${index}: flush to ${target}`)
  history.background(
    log.flush().then(() => {
      if (log.truncations !== truncations) return
      model.flushed = Math.max(model.flushed, target)
      if (model.cut?.goesOn) model.endCut()
    }),
    log,
  )
  log.flushIfDue(history.now)
}

/** Begins a new segment. */
export function roll(history: History, member: Member): void {
  if (isIdle(member)) return
  const { log, index } = member
  history.say(() => `${index}: roll at ${log.logEndOffset}`)
  log.roll()
}

/** Drops records from the log's beginning; seldom where that would mostly call off a cleaning. */
export function shorten(history: History, member: Member): void {
  const { random } = history
  if (!member.config.cleanupPolicy.includes('delete') && random.int(6) > 0) compact(history, member)
  else if (random.int(2) === 0) advance(history, member)
  else retain(history, member)
}

function advance(history: History, { log, model, index }: Member): void {
  if (!log.isOpen || model.cut !== null) return
  const offset = model.start + history.random.int(log.writtenOffset - model.start + 1)
  history.say(() => `${index}: delete records before ${offset}`)
  // Where the disk fails, it may have moved all the same.
  model.start = offset
  log.advanceLogStartOffset(offset)
}

function retain(history: History, { log, model, index, config }: Member): void {
  if (!log.isOpen || model.cut !== null) return
  const before = log.logStartOffset
  let failure: unknown = null
  try {
    log.deleteOldSegments(log.writtenOffset)
  } catch (error) {
    failure = error
  }
  const { logStartOffset: after } = log
  history.say(() => `${index}: retention moves the log start from ${before} to ${after}`)
  if (after < before || after > log.writtenOffset) throw new Error(`retention moved the log start to ${after}`)
  model.start = after
  const expires = config.cleanupPolicy.includes('delete')
  const limitMs = !expires ? Number.POSITIVE_INFINITY : config.retentionBytes >= 0 ? -1 : config.retentionMs
  // A segment is as old as the records that compaction left in it.
  for (let offset = Math.max(before, model.cleanedTo); offset < after && limitMs >= 0; offset++) {
    const { timestamp = 0 } = model.entries[offset] ?? {}
    if (history.now - timestamp <= limitMs) throw new Error(`retention took offset ${offset} too early`)
  }
  if (failure !== null) throw failure
}

/** Begins a cleaning where there is something to clean. */
export function compact(history: History, member: Member): void {
  const { log, model, limits, config, index } = member
  if (!log.isOpen || member.compacting || !config.cleanupPolicy.includes('compact')) return
  const highWatermark = log.writtenOffset
  const dirtiness = dirtinessOf(log, log.lastStableOffset(highWatermark), history.now)
  if (dirtiness === null) return
  const upper = log.segments[dirtiness.segmentCount].baseOffset
  const { now, disk } = history
  history.say(() => `${index}: compact from ${dirtiness.firstDirtyOffset} to ${upper}`)
  model.noteCleaning(upper, highWatermark, now)
  const loop = new CompactionLoop(
    disk,
    () => history.now,
    async delayMs => {
      // Others get their turn now and then, or a cleaning would outlast most lives.
      if (delayMs > 0 && history.random.int(10) === 0) await disk.later(() => undefined)
    },
  )
  const engine = history.sabotage?.engine?.(loop) ?? loop
  const { run } = engine
  engine.run = (job, cleaned) => {
    if (log.recoveryPoint < highWatermark)
      throw new Error(`the disk may not have what decides of a cleaning, which is all below ${highWatermark}`)
    model.noteProducers(upper)
    return run.call(engine, job, cleaned)
  }
  member.compacting = true
  history.background(
    compactLog(log, dirtiness, limits, engine, now)
      .then(result => history.say(() => `${index}: compaction ends with ${JSON.stringify(result)}`))
      .finally(() => {
        if (history.disk === disk) member.compacting = false
      }),
  )
}

/**
 * Cuts the log as a follower does. Either nothing is appended until the cut is on the disk, or the log has to see to that itself;
 * `isFollowed` wants that, at one of the last batches.
 */
export function cut(history: History, { log, model, index, config }: Member, isFollowed = false): void {
  if (!log.isOpen || model.cut !== null) return
  const { random } = history
  const whole = !isFollowed && random.int(3) === 0
  // Never below what was committed; and what compaction looked at was.
  const all = model.batchStarts.filter(offset => offset >= Math.max(model.start, model.committed))
  const starts = isFollowed ? all.slice(-8) : all
  const to = whole ? model.start + random.int(model.end + 20) : starts[random.int(starts.length)]
  if (to === undefined || (!whole && to >= model.end)) return
  // A power failure is not survived before all of a compacted log is on the disk.
  const goesOn = !whole && !config.cleanupPolicy.includes('compact') && (isFollowed || random.int(2) === 0)
  history.say(() => `${index}: ${whole ? 'begin anew' : 'cut'} at ${to}${goesOn ? ', and go on' : ''}`)
  const { disk, directory } = history
  const undo = model.beginCut({ to, whole })
  try {
    // Promises of more would count for what follows, too.
    if (goesOn) directory.lowerCheckpoints('t', index, to)
    if (whole) log.truncateFullyAndStartAt(to)
    else log.truncateTo(to)
  } catch (error) {
    // Without descriptors it did not begin, or else the log is offline.
    if (faultOf(error) === 'exhaustion') undo()
    throw error
  }
  // Only who follows cuts; what it writes then, it writes as a leader.
  if (goesOn) {
    model.goOnBehindCut(++history.leaderEpoch)
    log.beginEpoch(model.leaderEpoch)
    return
  }
  log.beginEpoch(model.leaderEpoch)
  history.background(
    log
      .flush()
      .then(() => directory.checkpoint())
      .then(() => {
        if (history.disk === disk && log.isOpen) model.endCut()
      }),
    log,
  )
}
