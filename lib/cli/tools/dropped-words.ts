/** Options that Kafka's tools have lost with Apache Kafka 4, and that scripts still give: what stands for each now. */

/** The option of today; or nothing, where none is needed, and whether a value comes behind it. */
export type DroppedWord<Name extends string> = Name | { readonly takesValue: boolean }

/** The command line in the words of today; `warn` gets a sentence for each that is older. */
export function withoutDropped<Name extends string>(
  dropped: Readonly<Record<string, DroppedWord<Name>>>,
  argv: readonly string[],
  warn: (sentence: string) => void,
): readonly string[] {
  const words: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!
    const [, name = '', value] = /^--([^=]+)(=.*)?$/s.exec(word) ?? []
    if (!Object.hasOwn(dropped, name)) {
      words.push(word)
      continue
    }
    const now = dropped[name]!
    if (typeof now === 'string') {
      warn(`Warning: --${name} was removed in Apache Kafka 4. Use --${now} instead.`)
      words.push(`--${now}${value ?? ''}`)
    } else {
      warn(`Warning: --${name} was removed in Apache Kafka 4, and nothing comes of it.`)
      if (now.takesValue && value === undefined) index++
    }
  }
  return words
}

/** What to use in the place of what nothing stands for. */
export const insteadOf: Readonly<Record<string, string>> = {
  zookeeper: 'There is no ZooKeeper behind brokers any more: name one of them by --bootstrap-server HOST:PORT.',
  'authorizer-properties':
    'Brokers keep the rules, and ZooKeeper none: name one of them by --bootstrap-server HOST:PORT.',
}
