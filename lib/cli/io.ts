/** What a command is given of the process, so that a test can hand it something else. */
export type Io = Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr' | 'on' | 'once' | 'off'>

/** The command line cannot be carried out as it stands; the message says what to do next. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
