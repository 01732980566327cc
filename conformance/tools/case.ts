/**
 * What a case of the suite `tools` is: a state of a broker, and invocations of Kafka's command-line tools, one after the other.
 *
 * To add a case: put it into a file of cases/ and, if that is new, the file into cases/index.ts; then
 *
 *     npm run conformance -- tools WORD --record    writes down what Kafka's tools print of Apache Kafka, to be looked through
 *     npm run conformance -- tools WORD             our command line by the same arguments
 *     npm run conformance -- tools WORD --java      Kafka's tools against our broker
 *
 * To add a tool: its class to kafka-tools.ts, its names to lib/cli/tools/index.ts. Cases of tools that we have not are skipped by name.
 * What differs on purpose is declared in `differs`, and `npm run conformance -- skipped` puts it into skipped.md.
 */
import type { ClientLogin } from '../../lib/client/login.ts'
import type { KafkaSettings } from '../kafka.ts'
import type { World } from './world.ts'

export interface ToolCase {
  readonly name: string
  /** Makes the state to begin with. There are no topics, groups, users and rules before, but the internal topics. */
  prepare?(world: World): Promise<void>
  /** By their names: what stands in the files of the directory `$DIR`. `$BOOTSTRAP` counts in them too. */
  readonly files?: Readonly<Record<string, string>>
  readonly run: readonly (string | Invocation)[]
  /** What each broker says its own way in what is printed, beside ids, times and addresses; and the word that takes its place. */
  readonly masks?: readonly (readonly [pattern: RegExp, word: string])[]
  readonly differs?: readonly ToolDifference[]
}

/**
 * A command line, in which `$BOOTSTRAP` stands for the broker, `$DIR` for a directory of the case, `$GROUP` for
 * one of its group, and the `words` of the world for what they say; quotes as in a shell.
 */
export interface Invocation {
  readonly run: string
  readonly stdin?: string
  /** Happens first. */
  before?(world: World): Promise<void>
  /** The order of lines means nothing. */
  readonly unordered?: boolean
  /** It is run again until it prints this: for what goes on in the background. */
  readonly until?: RegExp
  /** It would go on for ever, and is ended after so long, with code 124. */
  readonly msMax?: number
}

/** What we print otherwise on purpose. It is a failure when it does not differ any more. */
export interface ToolDifference {
  /** Which invocations, as they stand in the case; `*` stands for anything. */
  readonly of: string
  readonly in: 'code' | 'stdout' | 'stderr'
  /** The lines, or the code, that we have and Kafka has not; `*` stands for anything, and nothing for no line. */
  readonly ours: string
  /** The same of Kafka's, where that matters. */
  readonly theirs?: string
  /** Where it is seen: by our command line, or by Kafka's own tools against us; by both where it is not said. */
  readonly by?: Tools
  readonly reason: string
}

/** Whose tools are run. */
export type Tools = 'ottla' | 'kafka'

/** Cases that share a broker, and what it is started with beside the usual. */
export interface ToolGroup {
  /** How many brokers the cluster has, of which the first is asked; one where nothing is said. */
  readonly brokers?: number
  /** Whether cases stop one of several; eligible leader replicas are on then. */
  readonly isStoppable?: boolean
  readonly settings?: KafkaSettings
  /** Who makes what cases begin with, where the listener takes logins. */
  readonly login?: ClientLogin
  /** Listeners beside the plain one, with commas between. */
  readonly listeners?: string
  /** Writes files into the directory `$GROUP`, and gives settings that need them. */
  begin?(directory: string): KafkaSettings
  /** How long Kafka takes to carry out what it accepted, where that is more than moments. */
  readonly settleMs?: number
  readonly cases: readonly ToolCase[]
}
