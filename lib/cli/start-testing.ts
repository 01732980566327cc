/** `ottla start --testing`: a broker for tests as the command starts it. */
import type { Broker, BrokerOptions } from '../broker.ts'
import { lineInWords, type PersonaName, TestKafka, TracedBroker, type TraceLine } from '../testing.ts'
import type { Asked } from './broker-options.ts'
import { type Io, UsageError } from './io.ts'

/** On Kafka's port and an HTTP port of its own, where nothing is said; everything else is as `TestKafka.start` has it. */
function startForTests(
  options: BrokerOptions,
  { persona, brokers, seed, offsetCommitVersion }: ForTests,
  onTrace?: (line: TraceLine) => void,
): Promise<Broker> {
  const { port, properties = {}, http = 8080 } = options
  const asked = port ?? (properties.listeners === undefined ? 9092 : undefined)
  return TestKafka.start({
    ...options,
    http,
    ...(onTrace && { onTrace }),
    ...(asked !== undefined && { port: asked }),
    ...(persona !== null && { persona: persona as PersonaName }),
    ...(brokers !== null && { brokers }),
    ...(seed !== null && { seed }),
    ...(offsetCommitVersion !== null && { offsetCommitVersion }),
  }).catch(error => {
    // Of what is given to it.
    if (error instanceof RangeError) throw new UsageError(error.message)
    throw error
  })
}

type ForTests = Pick<Asked, 'persona' | 'brokers' | 'seed' | 'offsetCommitVersion'>

/** A broker for tests, or one of which each request and answer is written as a line, or both. */
export function startWatched(
  options: BrokerOptions,
  { testing, trace, ...of }: Pick<Asked, 'testing' | 'trace'> & ForTests,
  io: Io,
): Promise<Broker> {
  if (trace === null) return startForTests(options, of)
  const onTrace = (line: TraceLine) => {
    io.stdout.write(`${trace === 'json' ? JSON.stringify(line) : lineInWords(line)}\n`)
  }
  return testing ? startForTests(options, of, onTrace) : TracedBroker.trace(options, onTrace)
}
