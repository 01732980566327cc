/** Programs on Kafka's Java clients. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compiledJava, javaCache } from '../java.ts'
import { fetchJars, fetchKafka, homeOf, kafkaVersion } from '../kafka.ts'
import type { Command } from './puppet.ts'

const folder = fileURLToPath(new URL('java/', import.meta.url))

/** What makes a program, or the reason why there is none. */
export type JavaProgram = ((args: readonly string[]) => Command) | string

/** Reader, Member, Producer, Copier or Ways on the clients' library; Streams on that of Kafka Streams, which is fetched for it. */
export function javaProgram(name: 'Producer' | 'Reader' | 'Member' | 'Copier' | 'Ways' | 'Streams'): JavaProgram {
  const isStreams = name === 'Streams'
  const home = isStreams ? join(javaCache, `kafka-streams-${kafkaVersion}`) : homeOf(kafkaVersion)
  const missing = isStreams ? fetchJars(home, ['kafka-streams'], kafkaVersion) : fetchKafka()
  if (missing !== null) return missing
  const sources = [`${name}.java`, 'Lifeline.java'].map(file => join(folder, file))
  const compiled = compiledJava(name, sources, home, kafkaVersion)
  if (typeof compiled === 'string') return compiled
  // One small heap each, and no more compiling than it takes: they are many, and live for seconds.
  const options = ['-Xmx128M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.apache.logging.log4j.level=OFF']
  return args => ({ command: 'java', args: [...options, '-cp', compiled.classPath, name, ...args] })
}
