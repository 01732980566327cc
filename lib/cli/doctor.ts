/** `ottla doctor`: looks at the machine, the data directory and a broker, and says in plain words what will not work and why. */

import { diskFiles, ownerOf } from '../../storage/files.ts'
import { systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { version } from '../base/version.ts'
import { systemNetwork } from '../network/tcp.ts'
import { parsed, timeoutMsOf } from './arguments.ts'
import { connectingBy } from './command-config.ts'
import { brokerFindings } from './doctor-broker.ts'
import { dataFindings } from './doctor-data.ts'
import type { Finding } from './doctor-finding.ts'
import { machineFindings, thisMachine } from './doctor-machine.ts'
import type { Io } from './io.ts'

const options = {
  bootstrap: { type: 'string' },
  data: { type: 'string', default: './ottla-data' },
  'command-config': { type: 'string' },
  timeout: { type: 'string', default: '3000' },
  help: { type: 'boolean', short: 'h' },
} as const

/** 1 where something fails. */
export async function doctor(argv: readonly string[], io: Io): Promise<number> {
  const { values } = parsed({ args: [...argv], options }, 'ottla doctor --help lists the options')
  if (values.help) {
    const { helpFor } = await import('./help.ts')
    io.stdout.write(helpFor('doctor'))
    return 0
  }
  const timeoutMs = timeoutMsOf(values.timeout)
  const isNamed = values.bootstrap !== undefined
  const world = {
    clock: systemClock,
    random: systemRandom,
    network: systemNetwork,
    ...(await connectingBy(values['command-config'])),
  }
  const findings = [
    ...(await machineFindings(thisMachine(systemClock), version())),
    ...dataFindings(values.data, { files: diskFiles, ownerOf, user: process.getuid?.() ?? null }),
    ...(await brokerFindings(values.bootstrap ?? 'localhost:9092', { ...world, timeoutMs, isNamed })),
  ]
  for (const finding of findings) io.stdout.write(`${lineOf(finding)}\n`)
  const failed = findings.filter(({ level }) => level === 'fail').length
  io.stdout.write(
    failed === 0
      ? '\nNothing is in the way.\n'
      : `\n${failed === 1 ? 'One thing fails' : `${failed} things fail`}; see above.\n`,
  )
  return failed === 0 ? 0 : 1
}

function lineOf({ level, about, text }: Finding): string {
  const mark = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' }[level]
  return `${mark}  ${about.padEnd(8)}  ${text}`
}
