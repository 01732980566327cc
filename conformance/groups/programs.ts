/** The programs that are members of groups, on three families of clients; or the reason why there is one less. */
import { fileURLToPath } from 'node:url'
import { franzMember } from '../clients/franz.ts'
import { pythonProgram } from '../clients/python.ts'
import { compiledJava } from '../java.ts'
import { fetchKafka, homeOf, kafkaVersion } from '../kafka.ts'
import type { MemberProgram } from './member.ts'

const folder = fileURLToPath(new URL('java/', import.meta.url))
const lifeline = fileURLToPath(new URL('../transactions/java/Lifeline.java', import.meta.url))

export type Family = 'java' | 'librdkafka' | 'franz-go'

export function memberPrograms(): Readonly<Record<Family, MemberProgram | string>> {
  return { java: javaMember(), librdkafka: pythonProgram('group_member.py'), 'franz-go': franzMember() }
}

function javaMember(): MemberProgram | string {
  const home = homeOf(kafkaVersion)
  const missing = fetchKafka()
  if (missing !== null) return missing
  const compiled = compiledJava('GroupMember', [`${folder}GroupMember.java`, lifeline], home, kafkaVersion)
  if (typeof compiled === 'string') return compiled
  const options = ['-Xmx128M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.apache.logging.log4j.level=OFF']
  return args => ({ command: 'java', args: [...options, '-cp', compiled.classPath, 'GroupMember', ...args] })
}
