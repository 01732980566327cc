/** Tools with a command among their words (`kafka-features … upgrade`): which one it is. */
import { ArgumentsError, type Tool } from './tool.ts'

/** Options by their letters. */
export type Letters = Readonly<Record<string, string>>

/** Letters become names: `-b` is `--bootstrap-server`. */
export function spelledOut(argv: readonly string[], letters: Letters): string[] {
  return argv.map(word => (Object.hasOwn(letters, word) ? `--${letters[word]}` : word))
}

/** The command among the words, which may stand before or behind options. Throws ArgumentsError. */
export function commandIn<Command extends string>(
  { options }: Tool,
  argv: readonly string[],
  commands: readonly Command[],
): Command {
  let found: Command | null = null
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!
    if (word.startsWith('--')) {
      const option = Object.entries(options).find(([name]) => name === word.slice(2))?.[1]
      if (!word.includes('=') && option?.value !== undefined) {
        index++
        while (option.multiple && index + 1 < argv.length && !isOptionOrCommand(argv[index + 1]!, commands)) index++
      }
      continue
    }
    if (found !== null) throw new ArgumentsError(`unrecognized arguments: '${word}'`)
    if (!(commands as readonly string[]).includes(word)) {
      throw new ArgumentsError(
        `invalid choice: '${word}' (choose from ${commands.map(name => `'${name}'`).join(', ')})`,
      )
    }
    found = word as Command
  }
  if (found === null) throw new ArgumentsError('too few arguments')
  return found
}

function isOptionOrCommand(word: string, commands: readonly string[]): boolean {
  return word.startsWith('-') || commands.includes(word)
}
