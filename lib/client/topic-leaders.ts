/** Topics, their partitions and leaders, as Metadata told last. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { clusterView, type TopicView } from './cluster-view.ts'
import type { Routes } from './routes.ts'

export class TopicLeaders {
  readonly #routes: Routes
  readonly #createsTopics: boolean
  readonly #topics = new Map<string, TopicView>()
  #refreshing: Promise<void> | null = null

  /** With `createsTopics`, a broker that makes topics on their first use may do so. */
  constructor(routes: Routes, { createsTopics }: { readonly createsTopics: boolean }) {
    this.#routes = routes
    this.#createsTopics = createsTopics
  }

  /** What is known of a topic; undefined before it was asked for. */
  topic(name: string): TopicView | undefined {
    return this.#topics.get(name)
  }

  /** The node that leads a partition; −1 where none is known. */
  leaderOf(topic: string, partition: number): number {
    return this.#topics.get(topic)?.partitions[partition]?.leader ?? -1
  }

  /** Asks once for the topics, or for all there are; unknown ones are given with their error. Rejects with ClientError or KafkaError. */
  async ask(topics: readonly string[] | null): Promise<readonly TopicView[]> {
    const connection = await this.#routes.connectionTo({ to: 'any' })
    try {
      const answer = await connection.ask(Metadata, version => ({
        // In version 0 an empty list stands for all topics.
        topics: topics === null ? (version === 0 ? [] : null) : topics.map(name => ({ name })),
        allowAutoTopicCreation: this.#createsTopics && topics !== null,
      }))
      const views = [...clusterView(answer).topics.values()]
      for (const view of views) if (view.errorCode === 0) this.#topics.set(view.name, view)
      return views
    } catch (error) {
      if (!(error instanceof KafkaError)) this.#routes.drop(connection)
      throw error
    }
  }

  /** Asks for topics that are known already, because their leaders have moved; what fails is left for the next time. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.ask([...this.#topics.keys()])
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => {
        this.#refreshing = null
      })
    return this.#refreshing
  }

  /** Asks until a topic is there with all its leaders. Rejects with KafkaError where it is not within the time of an operation. */
  async find(topic: string): Promise<TopicView> {
    const known = this.#topics.get(topic)
    if (known) return known
    return this.#routes.again(`Metadata of ${topic}`, async () => {
      const [view] = await this.ask([topic])
      if (view === undefined) throw new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION)
      if (view.errorCode !== 0) throw new KafkaError(view.errorCode)
      return view
    })
  }
}
