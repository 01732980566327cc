/** Offsets of one partition by several producers at a time, by those outside of transactions, and deleted before their transactions end. */
import { DeleteGroups } from '../../../protocol/messages/delete-groups.ts'
import { OffsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { OffsetDelete } from '../../../protocol/messages/offset-delete.ts'
import { OffsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import type { Session } from '../../session.ts'
import type { Case } from '../case.ts'
import { coordinator } from '../groups.ts'
import { Producer, type Topic, topicOf } from './producer.ts'

/** Versions in which producers add groups by their commits, and go on with what they are given. */
const [commitVersion, endVersion] = [5, 5]

/** What is done to the offset of one partition, step by step, each of which is looked at. */
class Story {
  readonly #session: Session
  readonly #title: string
  readonly #groupId: string
  readonly #topic: Topic
  readonly #producers: ReadonlyMap<string, Producer>

  private constructor(
    session: Session,
    title: string,
    groupId: string,
    topic: Topic,
    producers: ReadonlyMap<string, Producer>,
  ) {
    this.#session = session
    this.#title = title
    this.#groupId = groupId
    this.#topic = topic
    this.#producers = producers
  }

  static async begin(session: Session, title: string, topic: Topic, number: number): Promise<Story> {
    const groupId = session.name(`group-${number}`)
    await coordinator(session, groupId)
    const producers = new Map<string, Producer>()
    for (const who of ['one', 'other']) producers.set(who, await Producer.begin(session, `${who}-${number}`))
    return new Story(session, title, groupId, topic, producers)
  }

  /** Within a transaction. */
  async opens(who: string, committedOffset: number): Promise<void> {
    const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: '' }]
    const topics = [{ name: this.#topic.name, partitions }]
    const label = this.#label(`${who} opens ${committedOffset}`)
    await this.#producers.get(who)!.commitOffset(commitVersion, this.#groupId, this.#topic, label, { topics })
    await this.#look(label)
  }

  async ends(who: string, committed: boolean): Promise<void> {
    const producer = this.#producers.get(who)!
    const label = this.#label(`${who} ${committed ? 'commits' : 'aborts'}`)
    await producer.end(endVersion, committed, label)
    await producer.completed()
    await this.#look(label)
  }

  /** Outside of transactions. */
  async commits(committedOffset: number): Promise<void> {
    const partitions = [{ partitionIndex: 0, committedOffset, committedMetadata: '' }]
    const topics = [{ name: this.#topic.name, partitions }]
    const label = this.#label(`somebody commits ${committedOffset}`)
    const nobody = { generationIdOrMemberEpoch: -1, memberId: '' }
    await this.#session.send(OffsetCommit, 8, { groupId: this.#groupId, ...nobody, topics }, label)
    await this.#look(label)
  }

  async deletesOffset(): Promise<void> {
    const topics = [{ name: this.#topic.name, partitions: [{ partitionIndex: 0 }] }]
    const label = this.#label('the offset is deleted')
    await this.#session.send(OffsetDelete, 0, { groupId: this.#groupId, topics }, label)
    await this.#look(label)
  }

  async deletesGroup(): Promise<void> {
    const label = this.#label('the group is deleted')
    await this.#session.send(DeleteGroups, 2, { groupsNames: [this.#groupId] }, label)
    await this.#look(label)
  }

  #label(step: string): string {
    return `${this.#title}: ${step}`
  }

  async #look(label: string): Promise<void> {
    const topics = [{ name: this.#topic.name, partitionIndexes: [0] }]
    for (const requireStable of [false, true]) {
      const request = { groupId: this.#groupId, requireStable, topics }
      await this.#session.send(OffsetFetch, 7, request, requireStable ? `${label}, stable` : label)
    }
  }
}

const stories: Readonly<Record<string, (story: Story) => Promise<void>>> = {
  'who opens first commits first': async story => {
    await story.opens('one', 10)
    await story.opens('other', 12)
    await story.ends('one', true)
    await story.ends('other', true)
  },
  'who opens first commits last': async story => {
    await story.opens('one', 10)
    await story.opens('other', 12)
    await story.ends('other', true)
    await story.ends('one', true)
  },
  'who opens first commits, the other aborts': async story => {
    await story.opens('one', 10)
    await story.opens('other', 12)
    await story.ends('one', true)
    await story.ends('other', false)
  },
  'a commit beside an open one': async story => {
    await story.opens('one', 10)
    await story.commits(11)
    await story.ends('one', true)
  },
  'a commit beside one that is aborted': async story => {
    await story.opens('one', 10)
    await story.commits(11)
    await story.ends('one', false)
  },
  'a commit between two that are open': async story => {
    await story.opens('one', 10)
    await story.commits(11)
    await story.opens('other', 12)
    await story.ends('other', true)
    await story.ends('one', true)
  },
  'a commit within one transaction': async story => {
    await story.opens('one', 10)
    await story.commits(11)
    await story.opens('one', 9)
    await story.ends('one', true)
  },
  'an open offset is deleted': async story => {
    await story.opens('one', 10)
    await story.deletesOffset()
    await story.ends('one', true)
  },
  'an open offset is deleted, and opened again': async story => {
    await story.opens('one', 10)
    await story.deletesOffset()
    await story.opens('one', 9)
    await story.ends('one', true)
  },
  'an open offset is deleted with one that is committed': async story => {
    await story.commits(11)
    await story.opens('one', 10)
    await story.deletesOffset()
    await story.ends('one', true)
  },
  'a group with an open offset is deleted': async story => {
    await story.opens('one', 10)
    await story.deletesGroup()
    await story.ends('one', true)
  },
}

async function several(session: Session): Promise<void> {
  const topic = await topicOf(session, 'topic')
  for (const [number, [title, run]] of Object.entries(stories).entries()) {
    await run(await Story.begin(session, title, topic, number))
  }
}

export const offsetsOfSeveralCases: readonly Case[] = [{ name: 'transactions: offsets of several', run: several }]
