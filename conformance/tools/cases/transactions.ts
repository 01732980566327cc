/** kafka-transactions. */
import type { ToolCase, ToolDifference, ToolGroup } from '../case.ts'
import { ownHelp, ownVersion, ownWords } from './shared.ts'

const line = (args: string) => `kafka-transactions --bootstrap-server $BOOTSTRAP ${args}`

/** Gives up on what will not be before a minute is over. */
const impatient = (args: string) => line(`--command-config $DIR/impatient.properties ${args}`)
const files = { 'impatient.properties': 'default.api.timeout.ms=2000\nrequest.timeout.ms=1000\n' }

const atOnce: ToolDifference = {
  of: '*describe-producers --topic *',
  in: 'stderr',
  ours: 'Failed to describe producers for partition *: UNKNOWN_TOPIC_OR_PARTITION',
  theirs: '*imed out *',
  by: 'ottla',
  reason: 'A partition that is not there is told at once; Kafka’s tool asks again until its time is over',
}

const cases: readonly ToolCase[] = [
  {
    name: 'transactions: where there are none',
    differs: [atOnce, ownWords('stderr', 'Failed to ')],
    files,
    prepare: world => world.topic('orders', 2),
    run: [
      line('list'),
      line('list --duration-filter 5'),
      line('list --transactional-id-pattern "a.*"'),
      line('describe --transactional-id unknown'),
      line('describe-producers --topic orders --partition 0'),
      impatient('describe-producers --topic missing --partition 0'),
      impatient('describe-producers --topic orders --partition 7'),
      line('describe-producers --topic orders --partition 0 --broker-id 1'),
      line('find-hanging --topic orders'),
      line('find-hanging --broker-id 1'),
      line('find-hanging'),
      impatient('find-hanging --topic missing'),
      line('abort --topic orders --partition 0 --start-offset 5'),
      line('abort --topic orders --partition 0'),
      line('abort --topic orders --partition 0 --producer-id 5'),
      line('forceTerminateTransaction --transactionalId unknown'),
      line('list --transactional-id-pattern unknown'),
      line('list --transactional-id-pattern "(("'),
    ],
  },
  {
    name: 'transactions: command lines that make no sense',
    differs: [...ownHelp('*--help', { onStderr: false }), ownVersion('*--version')],
    run: [
      line(''),
      line('nonsense'),
      line('describe'),
      line('list --nonsense'),
      line('list --topic a'),
      line('list --duration-filter many'),
      line('describe --transactional-id'),
      line('find-hanging --broker-id one'),
      line('abort --topic a --partition 0 --start-offset x'),
      line('forceTerminateTransaction'),
      line('list stray'),
      line('describe-producers --topic orders'),
      line('describe-producers --topic orders --partition many'),
      line('abort'),
      'kafka-transactions list',
      'kafka-transactions --version',
      'kafka-transactions --help',
      'kafka-transactions list --help',
    ],
  },
]

export const transactions: ToolGroup = { cases }
