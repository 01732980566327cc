/** What was found of records so far: looks a bounded piece at a time, until there is enough, and can be stopped in between. */
import type { RecordAnswer, RecordsAnswer } from '../../lib/console/answers.ts'
import { ApiError, ask, pathOf } from '../api.ts'
import { useEffect, useRef, useState } from '../preact.ts'
import { paramsOf, type Question } from './question.tsx'

export interface Found {
  readonly records: readonly RecordAnswer[]
  /** Records and bytes that were looked at. */
  readonly looked: { readonly records: number; readonly bytes: number }
  readonly isBegun: boolean
  readonly isLooking: boolean
  readonly isLive: boolean
  readonly isFiltered: boolean
  readonly hasMore: boolean
  readonly leftOut: number
  readonly error: ApiError | null
}

const limit = 50
/** A search goes on by itself up to this many bytes; then somebody has to want more. */
const searchBytesMax = 2_000_000_000
/** Records that are kept while they are followed. */
const liveMax = 300
const waitMs = 8_000

const nothing: Found = {
  ...{ records: [], looked: { records: 0, bytes: 0 }, isBegun: false, isLooking: false, isLive: false },
  ...{ isFiltered: false, hasMore: false, leftOut: 0, error: null },
}

export function useRecords(topic: string) {
  const [found, setFound] = useState<Found>(nothing)
  const running = useRef<AbortController | null>(null)
  const cursor = useRef<string | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  const begin = (): AbortSignal => {
    running.current?.abort()
    running.current = new AbortController()
    return running.current.signal
  }
  const failed = (signal: AbortSignal, error: unknown) => {
    if (signal.aborted) return
    if (!(error instanceof ApiError)) throw error
    setFound(last => ({ ...last, isBegun: true, isLooking: false, isLive: false, error }))
  }
  const piece = (question: Question, more: object, signal: AbortSignal) =>
    ask<RecordsAnswer>(
      pathOf(['topics', topic, 'records'], { ...paramsOf(question), cursor: cursor.current, ...more }),
      { signal },
    )

  const look = (question: Question, isMore = false): void => {
    const signal = begin()
    const isFiltered = question.test !== ''
    if (!isMore) cursor.current = null
    const run = async () => {
      let [wanted, bytes] = [limit, 0]
      setFound(last => ({ ...(isMore ? last : nothing), isFiltered, isLooking: true, isLive: false, error: null }))
      for (;;) {
        const { records, looked, cursor: next } = await piece(question, { limit: wanted }, signal)
        cursor.current = next
        wanted -= records.length
        bytes += looked.bytes
        const isOver = wanted <= 0 || next === null || looked.ended === 'all' || bytes >= searchBytesMax
        setFound(last => ({
          ...last,
          ...{ isBegun: true, isLooking: !isOver, leftOut: looked.partitionsLeftOut },
          records: [...last.records, ...records],
          looked: { records: last.looked.records + looked.records, bytes: last.looked.bytes + looked.bytes },
          hasMore: next !== null && looked.ended !== 'all',
        }))
        if (isOver) return
      }
    }
    run().catch(error => failed(signal, error))
  }

  const follow = (question: Question): void => {
    const signal = begin()
    cursor.current = null
    const isFiltered = question.test !== ''
    setFound({ ...nothing, isFiltered, isLive: true, isBegun: true })
    const run = async () => {
      const live = { order: 'oldest', start: 'end', limit: 100 }
      for (let wait = 0; ; wait = waitMs) {
        const { records, looked, cursor: next } = await piece(question, { ...live, wait }, signal)
        cursor.current = next
        setFound(last => ({
          ...last,
          leftOut: looked.partitionsLeftOut,
          records: [...[...records].reverse(), ...last.records].slice(0, liveMax),
          looked: { records: last.looked.records + looked.records, bytes: last.looked.bytes + looked.bytes },
        }))
      }
    }
    run().catch(error => failed(signal, error))
  }

  const stop = (): void => {
    running.current?.abort()
    setFound(last => ({
      ...last,
      ...{ isLooking: false, isLive: false, hasMore: !last.isLive && cursor.current !== null },
    }))
  }
  return { found, look, follow, stop }
}
