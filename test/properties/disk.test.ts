/** What properties of logs do that are on a disk, set for the whole broker and set for one topic. */
import t from 'tap'
import type { Turned } from '../turned-broker.ts'
import { effect } from './effect.ts'

/** How far the disk has a log, ten seconds of the broker's later; where it is to have all, as soon as the disk is done, which may be slow. */
async function flushedTo(broker: Turned, topic: string): Promise<number> {
  const { flushMs, flushMessages } = broker.log(topic).config
  const isDue = flushMs < Number.MAX_SAFE_INTEGER || flushMessages < Number.MAX_SAFE_INTEGER
  const sinceMs = performance.now()
  const goesOn = (step: number) => step < 20 || (isDue && performance.now() - sinceMs < 100_000)
  for (let step = 0; goesOn(step) && broker.log(topic).recoveryPoint === 0; step++) {
    await broker.advance(500)
    await new Promise(setImmediate)
  }
  return broker.log(topic).recoveryPoint
}

t.test('log.preallocate and preallocate have the file of a segment as long as it may become', t =>
  effect(t, {
    ofBroker: { 'log.preallocate': 'true' },
    ofTopic: { preallocate: 'true' },
    always: { ofTopic: { 'segment.bytes': '1048576' } },
    onDisk: true,
    see: async (broker, topic) => {
      await broker.produce(topic, 'x')
      const log = broker.log(topic)
      return log.segments[0]!.file.size()
    },
    byDefault: 69,
    set: 1_048_576,
  }),
)

for (const [name, ofTopic] of [
  ['log.flush.interval.ms', { 'flush.ms': '1000' }],
  ['log.flush.scheduler.interval.ms', undefined],
] as const) {
  t.test(`${name}${ofTopic ? ' and flush.ms' : ''} bring records to the disk in time`, t =>
    effect(t, {
      ofBroker: { [name]: '1000' },
      ofTopic,
      onDisk: true,
      see: async (broker, topic) => {
        await broker.produce(topic, 'x')
        return flushedTo(broker, topic)
      },
      byDefault: 0,
      set: 1,
    }),
  )
}

t.test('log.flush.interval.messages and flush.messages bring so many records to the disk', t =>
  effect(t, {
    ofBroker: { 'log.flush.interval.messages': '1' },
    ofTopic: { 'flush.messages': '1' },
    onDisk: true,
    see: async (broker, topic) => {
      await broker.produce(topic, 'x')
      return flushedTo(broker, topic)
    },
    byDefault: 0,
    set: 1,
  }),
)
