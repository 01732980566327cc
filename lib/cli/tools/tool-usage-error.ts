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

/** The same as those of Kafka's tools say it that have commands: behind the help, and with the name of the tool. */
export class ArgumentsError extends ToolUsageError {}

/** An option that there is not, or one without its value. */
export class ToolOptionError extends ToolUsageError {
  constructor(message: string) {
    super(message, { showHelp: false })
  }
}
