/** What it takes to resolve the regular expressions of a group. */

/** Whether a text, all of it, fits. */
export type Pattern = (text: string) => boolean

/** How patterns are read; null where a text is none. */
export type ReadPattern = (text: string) => Pattern | null

/** A group's regular expressions that are to be resolved, at the word of a member. */
export interface Resolving {
  readonly groupId: string
  readonly regexes: ReadonlySet<string>
  /** Whether that member may see a topic. */
  readonly mayDescribe: (topic: string) => boolean
}
