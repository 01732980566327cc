/** The brokers that cases are played to: one with the settings of most cases, and one for each case group that asks for other settings. */
import { brokerSettings, type Case } from './cases/case.ts'
import type { KafkaSettings } from './kafka.ts'

interface Started {
  readonly bootstrap: string
  stop(): Promise<unknown>
}

/** Starts each when it is first needed. */
export class Brokers {
  readonly #start: (settings: KafkaSettings) => Promise<Started>
  readonly #running = new Map<string, Promise<Started>>()

  constructor(start: (settings: KafkaSettings) => Promise<Started>) {
    this.#start = start
  }

  /** host:port of the broker for a case. */
  async of({ settings = {} }: Pick<Case, 'settings'>): Promise<string> {
    const key = JSON.stringify(settings)
    let running = this.#running.get(key)
    if (running === undefined) {
      running = this.#start({ ...brokerSettings, ...settings })
      this.#running.set(key, running)
    }
    return (await running).bootstrap
  }

  async stop(): Promise<void> {
    const all = await Promise.allSettled(this.#running.values())
    await Promise.all(all.map(each => (each.status === 'fulfilled' ? each.value.stop() : undefined)))
  }
}
