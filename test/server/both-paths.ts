/** Tests of the server by both ways in which it receives bytes. */
import t, { type Test } from 'tap'
import type { ReceivePath } from '../../lib/network/tcp-wire.ts'
import { FakeBroker, type FakeBrokerOptions } from './fake-broker.ts'

/** The two of them. */
export const paths: readonly ReceivePath[] = ['slab', 'events']

/** Runs a test by both ways of receiving, each with a broker of its own. */
export function byBothPaths(
  name: string,
  options: FakeBrokerOptions,
  run: (t: Test, broker: FakeBroker) => Promise<void>,
): void {
  for (const receivePath of paths) {
    t.test(`${name} (${receivePath})`, async t => {
      const broker = await FakeBroker.start({ ...options, receivePath })
      t.teardown(() => broker.stop())
      await run(t, broker)
    })
  }
}

/** A batch for the one partition that it has. */
export function produceRequest(records: Buffer, acks = 1) {
  return {
    acks,
    timeoutMs: 1000,
    topicData: [{ name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionData: [{ index: 0, records }] }],
  }
}
