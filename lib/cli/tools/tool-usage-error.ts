/** What is wrong with a command line. */

/** The command line cannot be carried out; the message is followed by the help where that says more. */
export class ToolUsageError extends Error {
  override readonly name = 'ToolUsageError'
  readonly showHelp: boolean

  constructor(message: string, { showHelp = true } = {}) {
    super(message)
    this.showHelp = showHelp
  }
}
