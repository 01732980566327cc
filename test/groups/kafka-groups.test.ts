/**
 * Groups that Apache Kafka 4.4 wrote, classic and consumer ones, in all states, one half way between the two: they are described as it described
 * them, and a heartbeat finds nothing to be done. `npm run conformance -- groups files --record` writes them anew.
 */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { describedGroups } from '../../conformance/groups/described.ts'
import { until } from '../../conformance/scenario.ts'
import { Session } from '../../conformance/session.ts'
import { Broker } from '../../lib/broker.ts'
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { unpack } from '../metadata/archive.ts'

interface Described {
  readonly groupType: string
  readonly groupState: string
  readonly groupEpoch: number
  readonly members: readonly { readonly memberId: string; readonly memberEpoch: number; readonly memberType: number }[]
}

const expected: Readonly<Record<string, Described>> = Object.fromEntries(
  readFileSync(new URL('../fixtures/kafka-groups.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line)),
)

// It is there until the broker has stopped.
const data = t.testdir()
unpack(new URL('../fixtures/kafka-groups.tar.gz', import.meta.url), data)

t.test('groups of both kinds in files of Apache Kafka are what they were there', async t => {
  const broker = await Broker.start({
    ...{ port: 0, data, logLevel: 'silent' },
    properties: {
      'group.consumer.max.session.timeout.ms': '600000',
      'group.consumer.session.timeout.ms': '600000',
      'group.consumer.max.assignment.interval.ms': '600000',
      // The directory gets older every day.
      'log.retention.ms': '-1',
      'offsets.retention.minutes': '2147483647',
      'log.cleaner.enable': 'false',
    },
  })
  t.teardown(() => broker.stop())
  const session = new Session(broker.bootstrap, '')
  t.teardown(() => session.close())
  const described = await until('the groups', async () => {
    const groups = await describedGroups(session).catch(() => ({}))
    return Object.keys(groups).length === Object.keys(expected).length ? groups : undefined
  })
  t.strictSame(described, expected)

  for (const [groupId, { groupType, groupState, groupEpoch, members }] of Object.entries(expected)) {
    if (groupType !== 'consumer' || groupState !== 'Stable') continue
    for (const { memberId, memberEpoch } of members.filter(({ memberType }) => memberType === 1)) {
      const told = await session.prepare(ConsumerGroupHeartbeat, 1, { groupId, memberId, memberEpoch })
      t.match(told, { errorCode: 0, memberEpoch: groupEpoch, assignment: null }, `${memberId} of ${groupId}`)
    }
  }
  t.strictSame(await describedGroups(session), expected, 'topics are those that Apache Kafka hashed')
})
