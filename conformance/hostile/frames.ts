/** Frames that are no requests: sizes, random bytes, requests cut short, counts and lengths that cannot be. */
import assert from 'node:assert/strict'
import { encodeRequestFrame } from '../../protocol/frame.ts'
import { apis } from '../../protocol/messages/index.ts'
import type { Api } from '../../protocol/schema.ts'
import { wholeRequest } from '../session.ts'
import { connect, fire, type Outcome, type Target } from './target.ts'

function sized(body: Uint8Array): Buffer {
  const frame = Buffer.alloc(4 + body.length)
  frame.writeInt32BE(body.length, 0)
  frame.set(body, 4)
  return frame
}

function header(api: Api, version: number): Buffer {
  const flexible = api.flexible !== null && version >= api.flexible
  const bytes = Buffer.alloc(10 + (flexible ? 1 : 0))
  bytes.writeInt16BE(api.key, 0)
  bytes.writeInt16BE(version, 2)
  bytes.writeInt32BE(1, 4)
  bytes.writeInt16BE(-1, 8)
  return bytes
}

function count(outcomes: readonly Outcome[]): string {
  const of = (kind: Outcome['kind']) => outcomes.filter(outcome => outcome.kind === kind).length
  return `${of('closed')} closed, ${of('answered')} answered with an error`
}

/** Runs some at a time, so that 2 cores are not all that is tested. */
async function each<T>(items: readonly T[], run: (item: T) => Promise<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let at = 0; at < items.length; at += 16) outcomes.push(...(await Promise.all(items.slice(at, at + 16).map(run))))
  return outcomes
}

export async function sizes(target: Target): Promise<string> {
  const impossible = [-1, -2147483648, 2147483647, 200_000_000, 0, 1, 3, 7]
  for (const size of impossible) {
    const bytes = Buffer.alloc(4 + 16)
    bytes.writeInt32BE(size, 0)
    const outcome = await fire(target, bytes)
    assert.equal(outcome.kind, 'closed', `a frame of ${size} bytes came to ${outcome.kind}`)
  }
  return `${impossible.length} sizes, all closed`
}

/** Repeatable chance: a linear congruential generator. */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

export async function randomBytes(target: Target): Promise<string> {
  const seeds = Array.from({ length: 400 }, (_, i) => i)
  const outcomes = await each(seeds, seed => {
    const body = noise(8 + (seed % 40) * 50, seed + 1)
    // Half of them begin like a request of a known API, so that they come further.
    if (seed % 2 === 0) {
      const api = apis[seed % apis.length] as Api
      body.writeInt16BE(api.key, 0)
      body.writeInt16BE(api.versions[0] + (seed % (api.versions[1] - api.versions[0] + 1)), 2)
    }
    return fire(target, seed % 4 === 3 ? body : sized(body), 2_000)
  })
  // Noise without a size may be an announcement of more, for which the broker rightly waits.
  const silent = outcomes.filter(({ kind }, seed) => kind === 'silence' && seed % 4 !== 3).length
  assert.equal(silent, 0, `${silent} random frames were neither answered nor closed`)
  return count(outcomes)
}

/** A request with something in every list, where a default is enough. */
function populated(api: Api, version: number): Buffer {
  const request = Object.fromEntries(
    api.request.fields
      .filter(({ type, since, until }) => type.kind === 'array' && version >= since && version <= until)
      .map(({ name, type }) => [name, type.kind === 'array' && type.element.kind === 'struct' ? [{}] : []]),
  )
  return Buffer.concat(encodeRequestFrame(api, version, 1, null, wholeRequest(api, request as never) as never))
}

export async function truncated(target: Target): Promise<string> {
  const cuts: { api: Api; version: number; frame: Buffer }[] = []
  for (const api of apis as readonly Api[]) {
    for (const version of new Set([api.versions[0], api.latestStable])) {
      const whole = populated(api, version)
      const bodyStart = 4 + header(api, version).length
      for (const at of new Set([bodyStart, bodyStart + ((whole.length - bodyStart) >> 1), whole.length - 1])) {
        if (at < bodyStart || at >= whole.length) continue
        cuts.push({ api, version, frame: sized(whole.subarray(4, at)) })
      }
    }
  }
  const outcomes = await each(cuts, ({ frame }) => fire(target, frame))
  cuts.forEach(({ api, version, frame }, i) => {
    assert.notEqual(
      outcomes[i]!.kind,
      'silence',
      `${api.name} v${version}, cut to ${frame.length} bytes: neither answered nor closed`,
    )
  })
  return `${cuts.length} requests of ${apis.length} APIs: ${count(outcomes)}`
}

export async function impossibleCounts(target: Target): Promise<string> {
  const frames: { api: Api; version: number; frame: Buffer }[] = []
  for (const api of apis as readonly Api[]) {
    for (let version = api.versions[0]; version <= api.latestStable; version++) {
      const flexible = api.flexible !== null && version >= api.flexible
      // Every length and count that the decoder meets is the greatest that there is.
      const piece = Buffer.from(flexible ? 'ffffffff0f' : '7fffffff', 'hex')
      frames.push({
        api,
        version,
        frame: sized(Buffer.concat([header(api, version), ...Array<Buffer>(16).fill(piece)])),
      })
      // The first field passes as an empty string or null, and the list behind it is the one that cannot be.
      const empty = Buffer.from(flexible ? '01' : '0000', 'hex')
      frames.push({
        api,
        version,
        frame: sized(Buffer.concat([header(api, version), empty, ...Array<Buffer>(16).fill(piece)])),
      })
    }
  }
  const outcomes = await each(frames, ({ frame }) => fire(target, frame))
  frames.forEach(({ api, version }, i) => {
    assert.notEqual(
      outcomes[i]!.kind,
      'silence',
      `${api.name} v${version} with impossible counts: neither answered nor closed`,
    )
  })
  return `${frames.length} requests: ${count(outcomes)}`
}

function uvarint(value: number): number[] {
  const bytes: number[] = []
  while (value > 127) {
    bytes.push((value & 127) | 128)
    value >>>= 7
  }
  bytes.push(value)
  return bytes
}

/** ApiVersions v3, whose body ends in a tag section. */
const apiVersions = apis.find(({ key }) => key === 18) as Api

export async function millionTags(target: Target): Promise<string> {
  const tags: number[] = []
  const tagCount = 1_000_000
  for (let tag = 0; tag < tagCount; tag++) tags.push(...uvarint(tag + 100), 0)
  const software = Buffer.from([2, 0x61, 2, 0x31])
  const body = Buffer.concat([header(apiVersions, 3), software, Buffer.from(uvarint(tagCount)), Buffer.from(tags)])
  const begin = performance.now()
  const outcome = await fire(target, sized(body))
  assert.notEqual(outcome.kind, 'silence', 'a million empty tagged fields are answered or refused')
  return `${outcome.kind} after ${Math.round(performance.now() - begin)} ms`
}

export async function overlongVarints(target: Target): Promise<string> {
  const endless = Buffer.alloc(64, 0x80)
  const outcomes: Outcome[] = []
  for (const api of apis as readonly Api[]) {
    if (api.flexible === null || api.flexible > api.latestStable) continue
    outcomes.push(await fire(target, sized(Buffer.concat([header(api, api.latestStable), endless]))))
  }
  const silent = outcomes.filter(({ kind }) => kind === 'silence').length
  assert.equal(silent, 0, `${silent} requests with endless varints were neither answered nor closed`)
  return count(outcomes)
}

/** Announces much and sends little: what is announced must not be set aside. */
export async function announcedOnly(target: Target): Promise<string> {
  const clients = await Promise.all(Array.from({ length: 200 }, () => connect(target)))
  for (const client of clients) {
    const bytes = Buffer.alloc(8)
    bytes.writeInt32BE(90_000_000, 0)
    client.sendRaw(bytes)
  }
  await new Promise(resolve => setTimeout(resolve, 1_000))
  await Promise.all(clients.map(client => client.close()))
  return `${clients.length} connections announced 90 MB each`
}
