/** One of the ways to share out partitions that a member of the classic protocol knows. */

/** A way to share out the partitions that a member knows, most wanted first, with what it tells the leader about itself. */
export interface Protocol {
  readonly name: string
  readonly metadata: Buffer
}
