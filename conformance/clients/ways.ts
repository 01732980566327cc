/**
 * Clients in other languages by every way into a broker. Each is one process, which reads a line for each way, its fields between tabs, and
 * answers by one: 'hello', which is what it wrote and read, or 'refused: ' and why.
 */
import { spawnSync } from 'node:child_process'
import type { Scenario } from '../scenario.ts'
import { javaProgram } from '../transactions/java.ts'
import { type Command, Puppet } from '../transactions/puppet.ts'
import { tryAllWays, type Way } from '../ways.ts'
import { franzWays } from './franz.ts'
import { kcat } from './kcat.ts'
import { pythonProgram } from './python.ts'

/** The first answer of a client has its start in it, which on a busy machine takes as long as all that comes after. */
const answerMsMax = 150_000

interface ClientOfWays {
  readonly name: string
  /** The process, or why there is none. */
  command(): Command | string
  /** Whether it logs in by delegation tokens, too. */
  readonly takesTokens?: boolean
}

const clients: readonly ClientOfWays[] = [
  ...(['confluent-kafka', 'aiokafka'] as const).map(name => ({
    name,
    command: () => called(pythonProgram('ways.py'), name),
  })),
  { name: 'franz-go', command: franzWays, takesTokens: true },
  { name: 'Java', command: () => called(javaProgram('Ways')), takesTokens: true },
]

function called(
  program: ((args: readonly string[]) => Command) | string,
  ...args: readonly string[]
): Command | string {
  return typeof program === 'string' ? program : program(args)
}

/** One scenario for each client that is chosen. */
export function wayScenarios(isChosen: (name: string) => boolean): Scenario[] {
  const scenarios: Scenario[] = clients
    .filter(({ name }) => isChosen(name))
    .map(({ name, command, takesTokens = false }) => ({ client: name, command: command(), takesTokens }))
    .map(({ client, command, takesTokens }) => ({
      name: titleOf(client),
      run: () => (typeof command === 'string' ? Promise.resolve(command) : byProcess(client, command, takesTokens)),
      msMax: 240_000,
      ...(typeof command === 'string' ? { skipped: command } : {}),
    }))
  if (isChosen('kcat')) {
    scenarios.push({
      name: titleOf('kcat'),
      // The librdkafka of Debian's kcat is too old for SCRAM: it is not let in by Apache Kafka either.
      run: () =>
        tryAllWays(
          'kcat',
          async way => byKcat(way),
          ({ mechanism }) => !mechanism.startsWith('SCRAM'),
        ),
      msMax: 240_000,
      ...(kcat.missing === null ? {} : { skipped: kcat.missing }),
    })
  }
  return scenarios
}

function titleOf(client: string): string {
  return `${client} by the four protocols and each mechanism, good and bad`
}

async function byProcess(name: string, command: Command, takesTokens: boolean): Promise<string> {
  const puppet = new Puppet(command, answerMsMax)
  const fields = (way: Way) => [
    way.protocol,
    way.mechanism,
    way.bootstrap,
    way.user,
    way.password,
    way.authority,
    way.topic,
    ...(way.isToken ? ['token'] : []),
  ]
  try {
    return await tryAllWays(name, way => puppet.ask(fields(way).join('\t')), takesTokens ? () => true : undefined)
  } catch (error) {
    throw new Error(`${(error as Error).message} ${puppet.process.errors.slice(-500)}`, { cause: error })
  } finally {
    await puppet.process.kill()
  }
}

function byKcat({ protocol, mechanism, bootstrap, user, password, authority, topic }: Way): string {
  const settings = [
    `security.protocol=${protocol.toLowerCase()}`,
    ...(protocol.endsWith('SSL') ? [`ssl.ca.location=${authority}`] : []),
    ...(mechanism === 'none'
      ? []
      : [`sasl.mechanisms=${mechanism}`, `sasl.username=${user}`, `sasl.password=${password}`]),
    'message.timeout.ms=3000',
  ]
  const common = ['-b', bootstrap, ...settings.flatMap(setting => ['-X', setting]), '-t', topic]
  const written = spawnSync('kcat', ['-P', ...common], { input: 'hello\n', encoding: 'utf8', timeout: 30_000 })
  if (written.status !== 0) return `refused: ${written.stderr.trim()}`
  const read = spawnSync('kcat', ['-C', ...common, '-o', 'beginning', '-e', '-q'], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  return read.status === 0 ? read.stdout.trim() : `unread: ${read.stderr.trim()}`
}
