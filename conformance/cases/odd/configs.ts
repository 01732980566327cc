/** Odd values in the requests about settings and log directories. */
import { codes } from '../../../protocol/errors.ts'
import { AlterConfigs } from '../../../protocol/messages/alter-configs.ts'
import { AlterReplicaLogDirs } from '../../../protocol/messages/alter-replica-log-dirs.ts'
import { DescribeConfigs } from '../../../protocol/messages/describe-configs.ts'
import { DescribeLogDirs } from '../../../protocol/messages/describe-log-dirs.ts'
import { IncrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { ListConfigResources } from '../../../protocol/messages/list-config-resources.ts'
import type { Session } from '../../session.ts'
import type { Case } from '../case.ts'
import { oddCase } from './odd.ts'
import type { Plain } from './variants.ts'

const resourceType = 2

interface Resource {
  readonly resourceName: string
  readonly resourceType: number
}

async function topicOf(session: Session): Promise<string> {
  const name = session.name('there')
  await session.topic(name)
  return name
}

async function ownTopic(session: Session, name: string): Promise<string> {
  await session.topic(name)
  return name
}

/** A topic, and the directory that it lies in. */
async function placed(session: Session): Promise<{ name: string; path: string }> {
  const name = await topicOf(session)
  const { results } = await session.prepare(DescribeLogDirs, 1, { topics: [{ topic: name, partitions: [0] }] })
  return { name, path: results.find(({ topics }) => topics.length > 0)?.logDir ?? '' }
}

const unknownOperation = '* resources[0].configs[0].configOperation = *'
const operationReason =
  '**IncrementalAlterConfigs** refuses an operation that there is not with INVALID_REQUEST; Kafka fails of it'

export const oddConfigCases: readonly Case[] = [
  oddCase({
    api: DescribeConfigs,
    make: topicOf,
    good: ({ made }) => ({ resources: [{ resourceType, resourceName: made, configurationKeys: ['retention.ms'] }] }),
  }),
  oddCase({
    api: AlterConfigs,
    good: async ({ session, own }) => {
      const resourceName = await ownTopic(session, own('altered'))
      return { resources: [{ resourceType, resourceName, configs: [{ name: 'retention.ms', value: '1000' }] }] }
    },
    differs: [
      {
        answer: '* resources = twice',
        path: '',
        ours: {
          throttleTimeMs: 0,
          responses: [1, 2].map(() => ({
            errorCode: codes.INVALID_REQUEST,
            errorMessage: '<errorMessage>',
            resourceType,
            resourceName: 'altered-<run>',
          })),
        },
        reason: '**AlterConfigs** with a resource that is named twice is refused; Kafka leaves it without an answer',
      },
    ],
  }),
  oddCase({
    api: IncrementalAlterConfigs,
    good: async ({ session, own }) => {
      const resourceName = await ownTopic(session, own('altered'))
      const configs = [{ name: 'retention.ms', configOperation: 0, value: '1000' }]
      return { resources: [{ resourceType, resourceName, configs }] }
    },
    differs: [
      { answer: unknownOperation, path: '*.errorCode', ours: codes.INVALID_REQUEST, reason: operationReason },
      { answer: unknownOperation, path: '*.errorMessage', ours: '<errorMessage>', reason: operationReason },
    ],
  }),
  oddCase({
    api: DescribeLogDirs,
    make: topicOf,
    good: ({ made }) => ({ topics: [{ topic: made, partitions: [0] }] }),
    compared: (answer, session) => ({
      ...answer,
      results: (answer.results as readonly Plain[]).map(result => ({
        ...result,
        topics: (result.topics as readonly { readonly name: string }[]).filter(({ name }) =>
          name.includes(session.run),
        ),
      })),
    }),
  }),
  oddCase({
    api: AlterReplicaLogDirs,
    make: placed,
    good: ({ made: { name, path } }) => ({ dirs: [{ path, topics: [{ name, partitions: [0] }] }] }),
  }),
  oddCase({
    api: ListConfigResources,
    make: topicOf,
    good: () => ({ resourceTypes: [2] }),
    // Topics of other cases are not this one's affair, and Kafka's order of types changes from one start to the next.
    compared: (answer, session) => ({
      ...answer,
      configResources: (answer.configResources as readonly Resource[])
        .filter(({ resourceName }) => /^\d*$/.test(resourceName) || resourceName.includes(session.run))
        .sort((a, b) => a.resourceType - b.resourceType),
    }),
  }),
]
