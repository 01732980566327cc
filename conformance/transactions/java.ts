/** Programs on Kafka's Java clients: compiled on first use, and kept until they change. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fetchJars, fetchKafka, homeOf, kafkaVersion } from '../kafka.ts'
import type { Command } from './puppet.ts'

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ottla')

const folder = fileURLToPath(new URL('java/', import.meta.url))

/** What makes a program, or the reason why there is none. */
export type JavaProgram = ((args: readonly string[]) => Command) | string

/** Reader, Producer or Copier on the clients' library; Streams on that of Kafka Streams, which is fetched for it. */
export function javaProgram(name: 'Producer' | 'Reader' | 'Copier' | 'Streams'): JavaProgram {
  const isStreams = name === 'Streams'
  const home = isStreams ? join(cache, `kafka-streams-${kafkaVersion}`) : homeOf(kafkaVersion)
  const missing = isStreams ? fetchJars(home, ['kafka-streams'], kafkaVersion) : fetchKafka()
  if (missing !== null) return missing
  const sources = [`${name}.java`, 'Lifeline.java'].map(file => join(folder, file))
  const hash = createHash('sha256')
  for (const source of sources) hash.update(readFileSync(source))
  const classes = join(cache, 'java-clients', `${name}-${kafkaVersion}-${hash.digest('hex').slice(0, 12)}`)
  const jars = join(home, 'jars', '*')
  if (!existsSync(join(classes, 'compiled'))) {
    mkdirSync(classes, { recursive: true })
    const compiled = spawnSync('javac', ['-cp', jars, '-d', classes, ...sources], { encoding: 'utf8' })
    if (compiled.error) return `there is no javac here: ${compiled.error.message}`
    if (compiled.status !== 0) throw new Error(`${name}.java does not compile: ${compiled.stderr}`)
    writeFileSync(join(classes, 'compiled'), '')
  }
  // One small heap each, and no more compiling than it takes: they are many, and live for seconds.
  const options = ['-Xmx128M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.apache.logging.log4j.level=OFF']
  return args => ({ command: 'java', args: [...options, '-cp', `${classes}:${jars}`, name, ...args] })
}
