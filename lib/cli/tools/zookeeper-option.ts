/**
 * `--zookeeper`, which Kafka's tools took before Apache Kafka 4 and start scripts of containers still give: inside a container it means the broker
 * there, whose ready file is named by OTTLA_READY_FILE.
 */
import type { Clock } from '../../base/clock.ts'
import { placeIn } from '../ready-file.ts'

/** Scripts ask as soon as a port is open, which is a moment before the broker says that it is ready. */
const [lookMs, looksMax] = [50, 200]

/**
 * The command line with the broker in the place of ZooKeeper, once it is ready; as it was given where none comes up. It is asked by the listener
 * for brokers, as what others advertise may lead only from outside into the container.
 */
export async function withoutZooKeeper(
  argv: readonly string[],
  { readyFile, listener }: { readonly readyFile: string | undefined; readonly listener: string | undefined },
  clock: Pick<Clock, 'schedule'>,
): Promise<readonly string[]> {
  const at = argv.findIndex(word => word === '--zookeeper' || word.startsWith('--zookeeper='))
  if (at < 0 || readyFile === undefined) return argv
  for (let looks = 0; looks < looksMax; looks++) {
    const place = placeIn(readyFile, 'PLAINTEXT', listener)
    if (place !== null) {
      const words = argv[at] === '--zookeeper' ? 2 : 1
      return [...argv.slice(0, at), '--bootstrap-server', place.address, ...argv.slice(at + words)]
    }
    await new Promise<void>(resolve => clock.schedule(lookMs, resolve))
  }
  return argv
}
