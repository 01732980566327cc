/** `ottla kafka-server-start FILE`: a broker from a file of properties, as Kafka's script of that name starts one. */
import { Findings } from '../container/findings.ts'
import { readLoginFile } from '../container/security.ts'
import { brokerOptionsOf } from './broker-options.ts'
import { type Settings, serveAsKafka, settingsOfFile } from './container-start.ts'
import { readText, variablesHere } from './container-surroundings.ts'
import { helpFor } from './help.ts'
import { type Io, UsageError } from './io.ts'

/** What Kafka takes where the file does not say it. */
const defaults = { listeners: 'PLAINTEXT://:9092', 'log.dirs': '/tmp/kafka-logs' }

/** Serves until it is told to stop; the exit code. */
export async function kafkaServerStart(argv: readonly string[], io: Io): Promise<number> {
  const { rest, overrides } = parse(argv)
  if (rest.length === 0 || rest.includes('--help') || rest.includes('-h')) {
    const isAsked = rest.length > 0
    ;(isAsked ? io.stdout : io.stderr).write(helpFor('kafka-server-start'))
    return isAsked ? 0 : 1
  }
  const [file] = rest
  if (file.startsWith('-')) {
    throw new UsageError('kafka-server-start takes a file of properties first, such as server.properties')
  }
  const asked = await brokerOptionsOf('kafka-server-start', rest)
  if (asked === null) return 0
  const variables = variablesHere()
  const properties: Record<string, string> = { ...asked.broker.properties, ...overrides }
  if (properties.listeners === undefined && asked.broker.port === undefined && asked.broker.host === undefined) {
    properties.listeners = defaults.listeners
  }
  if (properties['log.dirs'] === undefined && properties['log.dir'] === undefined) {
    properties['log.dirs'] = defaults['log.dirs']
  }
  const settings = withLoginFile(settingsOfFile(properties, file, variables), variables, io)
  return serveAsKafka({ ...asked, broker: { ...asked.broker, properties } }, settings, variables, io, () => file)
}

/** The same with the logins of the file that `KAFKA_OPTS` names, which Kafka's script hands to the JVM. */
function withLoginFile(settings: Settings, variables: Readonly<Record<string, string>>, io: Io): Settings {
  const findings = new Findings()
  for (const [name, { value, origin }] of settings) findings.set(name, value, origin)
  readLoginFile(findings, variables, readText)
  if (findings.errors.length > 0) throw new UsageError(findings.errors.join('\n'))
  for (const warning of findings.warnings) io.stderr.write(`ottla: ${warning}\n`)
  return findings.settings
}

/** The words without `--override NAME=VALUE`, and what those say. */
function parse(argv: readonly string[]): { rest: string[]; overrides: Record<string, string> } {
  const rest: string[] = []
  const overrides: Record<string, string> = {}
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]
    if (word === '-daemon') {
      throw new UsageError('-daemon is not served: start it in the background with the means of your shell or system')
    }
    if (word !== '--override') rest.push(word)
    else {
      const assignment = argv[++index] ?? ''
      const at = assignment.indexOf('=')
      if (at < 1) throw new UsageError(`--override ${assignment} names no value; write --override name=value`)
      overrides[assignment.slice(0, at)] = assignment.slice(at + 1)
    }
  }
  return { rest, overrides }
}
