/** Indexes and snapshots of producers in the lines of kafka-dump-log, compared with the log beside them. */
import { readRecords } from '../../../protocol/records/batch.ts'
import type { Files, RandomFile } from '../../../storage/files.ts'
import { frameLastOffset } from '../../../storage/frames.ts'
import { OffsetIndex } from '../../../storage/offset-index.ts'
import { decodeSnapshot } from '../../../storage/producer-snapshots.ts'
import { TimeIndex } from '../../../storage/time-index.ts'
import { TransactionIndex } from '../../../storage/transaction-index.ts'
import { type Complaints, complain } from './dump-log-complaints.ts'
import { type Frame, fileRecords, framesOf } from './dump-log-frames.ts'
import { jsonLine } from './dump-log-json.ts'
import type { DumpOptions } from './dump-log-options.ts'
import type { Output } from './output.ts'

const [indexEntryBytes, timeEntryBytes] = [8, 12]

/** An index with its log; throws an Error where one of them is not there. */
function besides(files: Files, path: string) {
  const stem = path.slice(0, path.lastIndexOf('.'))
  const name = stem.slice(stem.lastIndexOf('/') + 1)
  if (!/^\d+$/.test(name)) throw new Error(`For input string: "${name}"`)
  for (const each of [`${stem}.log`, path]) if (!files.exists(each)) throw new Error(each)
  return { base: Number(name), log: `${stem}.log`, index: `${stem}.index` }
}

export function dumpIndex(
  files: Files,
  path: string,
  asked: DumpOptions,
  complaints: Complaints,
  output: Output,
): void {
  const { base, log: logPath } = besides(files, path)
  const index = new OffsetIndex(files, path, base)
  const log = files.file(logPath)
  try {
    const { count } = index.file
    if (count === 0) {
      output.text(asked.isJson ? jsonLine({ type: 'index', file: path, isEmpty: true }) : `${path} is empty.\n`)
      return
    }
    if (asked.onlySane) {
      checkSize(files, path, indexEntryBytes, 'Index file')
      if (index.offset(count - 1) < base)
        throw new Error(
          `Corrupt index found, index file (${path}) has non-zero size but the last offset is ${index.offset(count - 1)} which is less than the base offset ${base}.`,
        )
      output.text(
        asked.isJson ? jsonLine({ type: 'index', file: path, isSane: true }) : `${path} passed sanity check.\n`,
      )
      return
    }
    for (let n = 0; n < count; n++) {
      const [offset, position] = [index.offset(n), index.position(n)]
      // A file that was made larger than its entries ends in zeros.
      if (offset === base && n > 0) return
      const end = Math.min(log.size(), position + asked.messageBytesMax)
      const [first] = take(framesFrom(log, position, end), 1)
      if (first === undefined) throw new Error(`there is no batch at ${position} of ${logPath}`)
      const found = frameLastOffset(first.b, first.at)
      if (found !== offset) complain(complaints.mismatches, path, [offset, found])
      if (!asked.onlyVerify)
        output.text(
          asked.isJson
            ? jsonLine({ type: 'index', file: path, offset, position })
            : `offset: ${offset} position: ${position}\n`,
        )
    }
  } finally {
    log.close()
    index.file.close()
  }
}

export function dumpTimeIndex(
  files: Files,
  path: string,
  asked: DumpOptions,
  complaints: Complaints,
  output: Output,
): void {
  const { base, log: logPath, index: indexPath } = besides(files, path)
  const times = new TimeIndex(files, path, base)
  const index = new OffsetIndex(files, indexPath, base)
  const log = files.file(logPath)
  try {
    const { count } = times.file
    if (asked.onlySane) {
      checkSize(files, path, timeEntryBytes, 'Time index file')
      checkOrder(times, path)
      output.text(
        asked.isJson ? jsonLine({ type: 'timeindex', file: path, isSane: true }) : `${path} passed sanity check.\n`,
      )
      return
    }
    let before = -1
    for (let n = 0; n < count; n++) {
      const [timestamp, offset] = [times.timestamp(n), times.offset(n)]
      if (offset === base && n > 0) return
      const found = batchUpTo(framesFrom(log, index.lookup(offset), log.size()), offset)
      const last = found === undefined ? -1 : frameLastOffset(found.b, found.at)
      if (last !== offset) complain(complaints.unknown, path, [offset, last])
      else {
        const most = readRecords(found!.b, found!.at).reduce((max, record) => Math.max(max, record.timestamp), -1)
        if (most !== timestamp) complain(complaints.timestamps, path, [timestamp, most])
        if (before >= timestamp) complain(complaints.disorder, path, [timestamp, before])
      }
      if (!asked.onlyVerify)
        output.text(
          asked.isJson
            ? jsonLine({ type: 'timeindex', file: path, timestamp, offset })
            : `timestamp: ${timestamp} offset: ${offset}\n`,
        )
      before = timestamp
    }
  } finally {
    log.close()
    index.file.close()
    times.file.close()
  }
}

/** The first batch that ends at an offset or behind it. */
function batchUpTo(frames: Iterable<Frame>, offset: number): Frame | undefined {
  for (const frame of frames) if (frameLastOffset(frame.b, frame.at) >= offset) return frame
  return undefined
}

function take<T>(all: Iterable<T>, count: number): T[] {
  const some: T[] = []
  for (const each of all) if (some.push(each) === count) break
  return some
}

function checkOrder(times: TimeIndex, path: string): void {
  const { count } = times.file
  if (count === 0) return
  const [first, last] = [times.timestamp(0), times.timestamp(count - 1)]
  if (last >= first) return
  throw new Error(
    `Corrupt time index found, time index file (${path}) has non-zero size but the last timestamp is ${last} which is less than the first timestamp ${first}`,
  )
}

/** Throws where an index means a place behind the end of its log. */
function framesFrom(log: RandomFile, position: number, end: number): Iterable<Frame> {
  if (position > log.size())
    throw new Error(`Slice from position ${position} exceeds end position of ${fileRecords(log)}`)
  return framesOf(log, position, end)
}

function checkSize(files: Files, path: string, entryBytes: number, what: string): void {
  const size = files.read(path)?.length ?? 0
  if (size % entryBytes !== 0)
    throw new Error(
      `${what} ${path} is corrupt, found ${size} bytes which is neither positive nor a multiple of ${entryBytes}`,
    )
}

export function dumpTransactionIndex(files: Files, path: string, asked: DumpOptions, output: Output): void {
  const index = new TransactionIndex(files, path)
  try {
    for (const { producerId, firstOffset, lastOffset, lastStableOffset } of index.entries) {
      if (asked.isJson) {
        const entry = { version: 0, producerId, firstOffset, lastOffset, lastStableOffset }
        output.text(jsonLine({ type: 'txnindex', file: path, ...entry }))
        continue
      }
      const told = `producerId: ${producerId} firstOffset: ${firstOffset} lastOffset: ${lastOffset}`
      output.text(`version: 0 ${told} lastStableOffset: ${lastStableOffset}\n`)
    }
  } finally {
    index.close()
  }
}

/** What is wrong with it is told aside. Throws an Error where there is none. */
export function dumpSnapshot(
  files: Files,
  path: string,
  asked: DumpOptions,
  output: Output,
  tell: (line: string) => void,
): void {
  const bytes = files.read(path)
  if (bytes === null) throw new Error(path)
  const states = decodeSnapshot(bytes)
  if (states === null) {
    tell(`Snapshot failed schema validation: ${path} is damaged, or of an unknown version`)
    return
  }
  for (const { producerId, epoch, coordinatorEpoch, currentTxnFirstOffset: first, lastTimestamp, batches } of states) {
    if (asked.isJson) {
      const state = { producerId, producerEpoch: epoch, coordinatorEpoch, lastTimestamp }
      const batch = batches[0] && { ...batches[0], firstSequence: batches[0].lastSequence - batches[0].offsetDelta }
      const told = { ...state, currentTxnFirstOffset: first < 0 ? null : first, batch: batch ?? null }
      output.text(jsonLine({ type: 'producer', file: path, ...told }))
      continue
    }
    const transaction = first < 0 ? 'OptionalLong.empty' : `OptionalLong[${first}]`
    const head = `producerId: ${producerId} producerEpoch: ${epoch} coordinatorEpoch: ${coordinatorEpoch}`
    output.text(`${head} currentTxnFirstOffset: ${transaction} lastTimestamp: ${lastTimestamp}`)
    const [batch] = batches
    if (batch !== undefined) {
      const { lastSequence, lastOffset, offsetDelta, timestamp } = batch
      const sequences = `firstSequence: ${lastSequence - offsetDelta} lastSequence: ${lastSequence}`
      output.text(` ${sequences} lastOffset: ${lastOffset} offsetDelta: ${offsetDelta} timestamp: ${timestamp}`)
    }
    output.text('\n')
  }
}
