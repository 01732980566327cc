/** A broker that is like any other, and tells what its clients ask and are answered. */
import { systemClock } from '../base/clock.ts'
import { Broker } from '../broker.ts'
import type { BrokerOptions } from '../composition/options.ts'
import { startRun } from '../composition/run.ts'
import { Composition } from '../composition.ts'
import { Abouts } from '../trace/about.ts'
import type { TraceLine } from '../trace/line.ts'
import { Trace } from '../trace/trace.ts'

/** See the head of the file. */
export class TracedBroker extends Broker {
  /** `Broker.start`, with each request and answer told as it comes. */
  static async trace(options: BrokerOptions, onLine: (line: TraceLine) => void): Promise<TracedBroker> {
    let serving: Composition | null = null
    const abouts = new Abouts(topicId => serving?.services.partitions.topicNameOf(topicId))
    const trace = new Trace(abouts, systemClock)
    trace.onLine = onLine
    const run = await startRun(options, {
      compose: async composed => {
        serving = await Composition.start({ ...composed, interceptors: [...(composed.interceptors ?? []), trace] })
        return serving
      },
    })
    return new TracedBroker(run)
  }
}
