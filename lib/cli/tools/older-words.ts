/** Options by which Kafka's tools were told something before they had the words of today. */
import type { Io } from '../io.ts'
import { type Given, ToolUsageError } from './tool.ts'

/** How a tool tells of an older word, and refuses both words together. */
export interface OlderWords {
  warning(older: string, name: string): string
  both(older: string, name: string): string
}

const future = 'is deprecated and will be removed in a future version.'

/** As Kafka's console consumer and console producer have it. */
export const [consumerWords, producerWords]: readonly [OlderWords, OlderWords] = [
  {
    warning: (older, name) => `Option --${older} ${future} Use --${name} instead.`,
    both: (older, name) => `Options --${older} and --${name} cannot be specified together.`,
  },
  {
    warning: (older, name) => `Warning: --${older} ${future} Use --${name} instead.`,
    both: (older, name) => `Options --${name} and --${older} cannot be specified together.`,
  },
]

/** As Kafka's tools that measure have it. */
export const [perfConsumerWords, perfProducerWords]: readonly [OlderWords, OlderWords] = [
  {
    warning: (older, name) => `Warning: --${older} is deprecated. Use --${name} instead.`,
    both: (older, name) => `Option "[${older}]" can't be used with option "[${name}]"`,
  },
  {
    warning: (older, name) =>
      `Option --${older} has been deprecated and will be removed in a future version. Use --${name} instead.`,
    both: (older, name) => `--${name} and --${older} cannot be specified together.`,
  },
]

/**
 * What was given by an option or by the older word for it, which is told of on standard output. Throws ToolUsageError where both were given.
 */
export function byEitherWord<Name extends string>(
  given: Given<Name>,
  name: NoInfer<Name>,
  older: NoInfer<Name>,
  words: OlderWords,
  io: Io,
): readonly string[] {
  if (!given.has(older)) return given.all(name)
  if (given.has(name)) throw new ToolUsageError(words.both(older, name))
  // With --json, standard output has JSON alone.
  const { stderr, stdout } = io
  ;(given.has('json' as Name) ? stderr : stdout).write(`${words.warning(older, name)}\n`)
  return given.all(older)
}
