/** `ottla protocol`: Kafka's bytes as JSON and back, one JSON object a line, for people and for checks. */
import { once } from 'node:events'
import { decodeExact, encodeExact } from '../../protocol/codec.ts'
import { fromJson, toJson } from '../../protocol/json.ts'
import { parseExact, stringifyExact } from '../../protocol/json-text.ts'
import { helpFor } from './help.ts'
import { type Io, UsageError } from './io.ts'
import { linesOf } from './protocol-lines.ts'
import { messageByName } from './protocol-messages.ts'

/** What one input line is turned into; an error's message becomes the line's answer. */
type Turn = (line: Readonly<Record<string, unknown>>) => object | Promise<object>

const turns: Readonly<Record<string, Turn>> = {
  decode(line) {
    const message = messageOf(line)
    const version = versionOf(line)
    return { json: toJson(message, version, decodeExact(message, version, bytesOf(line))) }
  },

  encode(line) {
    const message = messageOf(line)
    const version = versionOf(line)
    return { hex: encodeExact(message, version, fromJson(message, version, line.json)).toString('hex') }
  },

  async records(line) {
    const { recordsToJson } = await import('../../protocol/records/json.ts')
    return { batches: recordsToJson(bytesOf(line)) }
  },
}

/** Answers each line of standard input with one on standard output, in order; what fails is answered with `{"error"}`. */
export async function protocol(
  argv: readonly string[],
  { stdin, stdout }: Pick<Io, 'stdin' | 'stdout' | 'stderr'>,
): Promise<number> {
  const [name, ...rest] = argv
  if (argv.includes('--help') || argv.includes('-h')) {
    stdout.write(helpFor('protocol'))
    return 0
  }
  if (name === undefined || !Object.hasOwn(turns, name) || rest.length > 0) {
    throw new UsageError('ottla protocol takes one of decode, encode and records; ottla protocol --help says more')
  }
  for await (const line of linesOf(stdin)) {
    if (!stdout.write(`${stringifyExact(await answer(turns[name], line))}\n`)) await once(stdout, 'drain')
  }
  return 0
}

async function answer(turn: Turn, text: string): Promise<object> {
  try {
    const line = parseExact(text)
    if (typeof line !== 'object' || line === null || Array.isArray(line))
      throw new Error('a line must be a JSON object')
    return await turn(line as Record<string, unknown>)
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function messageOf({ message }: Readonly<Record<string, unknown>>) {
  const found = messageByName(String(message))
  if (typeof message === 'string' && found !== undefined) return found
  throw new Error(message === undefined ? 'the line has no "message"' : `unknown message ${String(message)}`)
}

function versionOf({ version }: Readonly<Record<string, unknown>>): number {
  if (typeof version !== 'number') throw new Error('the line has no "version" that is a number')
  return version
}

function bytesOf({ hex }: Readonly<Record<string, unknown>>): Buffer {
  if (typeof hex !== 'string') throw new Error('the line has no "hex" that is a string')
  const wrong = hex.search(/[^0-9a-fA-F]/)
  if (wrong >= 0) throw new Error(`"hex" has something else than a hexadecimal digit, for byte ${wrong >> 1}`)
  if (hex.length % 2 !== 0) throw new Error(`"hex" has an odd number of digits, and so half of byte ${hex.length >> 1}`)
  return Buffer.from(hex, 'hex')
}
