/** One request that all users send. */
import type { Api, ClientRequestOf } from '../../../protocol/schema.ts'
import { unknownTopicId } from '../../cases/case.ts'
import { type Loose, wholeRequest } from '../../session.ts'

/** A place where our answer differs on purpose. It is a failure where it does not differ. */
export interface Declared {
  /** Where in the answers: `responses[0].errorCode`. */
  readonly path: string
  readonly ours: string
  readonly theirs: string
  readonly reason: string
}

/** What is there while questions are asked; ids of topics by their names. */
export interface World {
  readonly ids: ReadonlyMap<string, string>
}

/** An id that no broker has given, and another than that of the driver's cases. */
export const anotherUnknownId = 'YmFyYmF6cXV4cXV1eGZvbw'

export interface Question {
  readonly api: Api
  readonly version: number
  readonly label: string
  request(world: World): object
  /** Set where the answer may change what is there: it is put right after each user. Else all users ask at once. */
  readonly changes?: 'topics' | 'groups' | 'producers'
  /** Where our answers differ on purpose. */
  readonly differs?: readonly Declared[]
}

/** The same at several versions. */
export function ask<A extends Api>(
  api: A,
  versions: readonly number[],
  label: string,
  request: Loose<ClientRequestOf<A>> | ((world: World, version: number) => Loose<ClientRequestOf<A>>),
  { changes, differs }: Pick<Question, 'changes' | 'differs'> = {},
): Question[] {
  return versions.map(version => ({
    api,
    version,
    label,
    request: world => wholeRequest(api, typeof request === 'function' ? request(world, version) : request),
    ...(changes === undefined ? {} : { changes }),
    ...(differs === undefined ? {} : { differs }),
  }))
}

/** Two that are not there are told apart. */
export function idOf(world: World, name: string): string {
  return world.ids.get(name) ?? (name.startsWith('other') ? unknownTopicId : anotherUnknownId)
}

/** One who may be allowed is there and one is not; of those of others the same. */
export const names = ['mine', 'mine-none', 'other', 'other-none'] as const
