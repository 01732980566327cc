/** Logins by SASL, request by request: in order and out of it, by good and bad messages, with headers and without. */
import { pbkdf2Sync } from 'node:crypto'
import net from 'node:net'
import { Secret } from '../../lib/base/secret.ts'
import { decodeResponse } from '../../lib/client/client.ts'
import { ScramClient } from '../../lib/security/scram-client.ts'
import { toJson } from '../../protocol/json.ts'
import { AlterUserScramCredentials } from '../../protocol/messages/alter-user-scram-credentials.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { DescribeUserScramCredentials } from '../../protocol/messages/describe-user-scram-credentials.ts'
import { ListGroups } from '../../protocol/messages/list-groups.ts'
import { SaslAuthenticate } from '../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshake } from '../../protocol/messages/sasl-handshake.ts'
import { encodeRequestFrame } from '../../protocol/request-frame.ts'
import type { Api, ClientRequestOf } from '../../protocol/schema.ts'
import { type Loose, type Session, wholeRequest } from '../session.ts'
import type { Case, Difference } from './case.ts'
import { plainJaas, takesLogins } from './security-settings.ts'

const settings = {
  ...takesLogins(plainJaas('admin', 'secret', { alice: 'wonder' }), ['SCRAM-SHA-256']),
  'sasl.server.max.receive.size': '1000',
}

const good = Buffer.from('\0alice\0wonder')
const bad = Buffer.from('\0alice\0wrong')
/** Longer than any of these answers takes. */
const silentMsMax = 10_000
const sizeBytes = 4

/** One connection, whose answers are written down until the broker closes it. Bytes go as they are, as not all of them are requests. */
class Talk {
  readonly #session: Session
  readonly #socket: net.Socket
  readonly #title: string
  #received: Buffer = Buffer.alloc(0)
  #step = 0

  constructor(session: Session, title: string) {
    this.#session = session
    this.#title = title
    this.#socket = net.connect({ host: session.host, port: session.port })
    this.#socket.on('data', bytes => {
      this.#received = Buffer.concat([this.#received, bytes])
    })
    // That it is over is seen by its being destroyed.
    this.#socket.on('error', () => {})
    this.#socket.on('end', () => this.#socket.destroy())
  }

  /** Sends a request; false where the connection has ended. */
  ask<A extends Api>(api: A, version: number, request: Loose<ClientRequestOf<A>> = {} as never): Promise<boolean> {
    const frame = encodeRequestFrame(api, version, ++this.#step, 'test', wholeRequest(api, request))
    return this.#exchange(Buffer.concat(frame), api.name, version, answer =>
      toldOf(api, version, decodeResponse(api, version, answer)),
    )
  }

  handshake(mechanism = 'PLAIN', version = 1): Promise<boolean> {
    return this.ask(SaslHandshake, version, { mechanism })
  }

  say(authBytes: Buffer, version = 2): Promise<boolean> {
    return this.ask(SaslAuthenticate, version, { authBytes })
  }

  /** Whether a client may do something. */
  work(): Promise<boolean> {
    return this.ask(ListGroups, 4)
  }

  /** Sends bytes as they are; of the answer only its length counts where it is none of an API. */
  raw(bytes: Buffer, of: Api | null = null): Promise<boolean> {
    this.#step++
    return this.#exchange(bytes, 'raw', 0, answer =>
      of === null ? `${answer.length} bytes` : toldOf(of, 0, decodeResponse(of, 0, answer)),
    )
  }

  end(): void {
    this.#socket.destroy()
  }

  async #exchange(bytes: Buffer, what: string, version: number, told: (answer: Buffer) => unknown): Promise<boolean> {
    this.#socket.write(bytes)
    const frame = await this.#frame()
    this.#session.note(what, version, `${this.#title}, ${this.#step}`, typeof frame === 'string' ? frame : told(frame))
    return typeof frame !== 'string'
  }

  /** The next answer without its size, or what happened instead. */
  async #frame(): Promise<Buffer | 'closed' | 'silence'> {
    const end = performance.now() + silentMsMax
    for (;;) {
      const size = this.#received.length < sizeBytes ? Number.POSITIVE_INFINITY : this.#received.readInt32BE(0)
      if (this.#received.length >= sizeBytes + size) {
        const frame = this.#received.subarray(sizeBytes, sizeBytes + size)
        this.#received = this.#received.subarray(sizeBytes + size)
        return frame
      }
      if (this.#socket.destroyed) return 'closed'
      if (performance.now() > end) return 'silence'
      await new Promise(resolve => setTimeout(resolve, 2))
    }
  }
}

/** What a mechanism says has random parts: only whether it says something counts. */
function toldOf(api: Api, version: number, response: object): unknown {
  const json = toJson(api.response, version, response) as Record<string, unknown>
  if (api.key === ApiVersions.key) return { errorCode: json.errorCode }
  return 'authBytes' in json ? { ...json, authBytes: json.authBytes === '' ? 'none' : 'some' } : json
}

/** A frame of bytes without a header of a request. */
function bare(message: Buffer): Buffer {
  const size = Buffer.alloc(sizeBytes)
  size.writeInt32BE(message.length)
  return Buffer.concat([size, message])
}

type Step = (talk: Talk) => Promise<boolean>

/** A connection for each, which takes its steps until the broker closes it. */
async function talks(session: Session, all: Readonly<Record<string, readonly Step[]>>): Promise<void> {
  for (const [title, steps] of Object.entries(all)) {
    const talk = new Talk(session, title)
    for (const step of steps) if (!(await step(talk))) break
    talk.end()
  }
}

const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
const versions: Step = talk => talk.ask(ApiVersions, 3, software)
const handshake: Step = talk => talk.handshake()
const work: Step = talk => talk.work()
const say =
  (message: Buffer, version?: number): Step =>
  talk =>
    talk.say(message, version)

async function everyVersion(session: Session): Promise<void> {
  const all: Record<string, readonly Step[]> = {}
  for (const version of [0, 1, 2]) {
    all[`authenticate v${version}`] = [handshake, say(good, version), work]
    all[`a wrong password, v${version}`] = [handshake, say(bad, version), work]
  }
  all['with the versions first'] = [versions, handshake, say(good), work, versions]
  all.nobody = [handshake, say(Buffer.from('\0nobody\0wonder'))]
  await talks(session, all)
}

async function outOfOrder(session: Session): Promise<void> {
  const unsupported: Step = talk => talk.handshake('GSSAPI')
  const none: Step = talk => talk.handshake('')
  const [versionsLater] = encodeRequestFrame(ApiVersions, 3, 1, 'test', software)
  versionsLater!.writeInt16BE(99, 6)
  const [unknownApi] = encodeRequestFrame(ListGroups, 0, 1, 'test', {} as never)
  unknownApi!.writeInt16BE(999, 4)
  const [newHandshake] = encodeRequestFrame(SaslHandshake, 1, 1, 'test', { mechanism: 'PLAIN' })
  newHandshake!.writeInt16BE(9, 6)
  await talks(session, {
    'work before': [work],
    'a message before': [say(good)],
    'versions twice': [versions, versions],
    'versions after the choice': [handshake, versions],
    'versions of a version that is not served': [
      talk => talk.raw(versionsLater!, ApiVersions),
      versions,
      handshake,
      say(good),
      work,
    ],
    'an unknown API': [talk => talk.raw(unknownApi!)],
    'a handshake of an unknown version': [talk => talk.raw(newHandshake!)],
    'a choice twice': [handshake, handshake],
    'work after the choice': [handshake, work],
    'no such mechanism': [unsupported, handshake],
    'an empty mechanism': [none],
    'another login afterwards': [handshake, say(good), handshake, work, say(good), work],
    'a bare message afterwards': [handshake, say(good), talk => talk.raw(bare(good))],
    'a message in two halves': [handshake, say(good.subarray(0, 5)), say(good.subarray(5))],
  })
}

async function plainMessages(session: Session): Promise<void> {
  const messages: Readonly<Record<string, Buffer>> = {
    'no bytes': Buffer.alloc(0),
    'no separators': Buffer.from('alice'),
    'one separator': Buffer.from('alice\0wonder'),
    'three separators': Buffer.from('\0alice\0wonder\0'),
    'no user': Buffer.from('\0\0wonder'),
    'no password': Buffer.from('\0alice\0'),
    'itself to act as': Buffer.from('alice\0alice\0wonder'),
    'another to act as': Buffer.from('admin\0alice\0wonder'),
    'another in capitals': Buffer.from('\0Alice\0wonder'),
    'no text': Buffer.from([0, 0xff, 0xfe, 0, 0xc3]),
    'as long as may be': Buffer.concat([Buffer.from('\0alice\0'), Buffer.alloc(900, 'x')]),
    'too long': Buffer.concat([Buffer.from('\0alice\0'), Buffer.alloc(2000, 'x')]),
  }
  await talks(
    session,
    Object.fromEntries(Object.entries(messages).map(([title, message]) => [title, [handshake, say(message), work]])),
  )
}

async function bareMessages(session: Session): Promise<void> {
  const old: Step = talk => talk.handshake('PLAIN', 0)
  const raw =
    (message: Buffer): Step =>
    talk =>
      talk.raw(message)
  await talks(session, {
    good: [old, raw(bare(good)), work],
    bad: [old, raw(bare(bad))],
    'no bytes': [old, raw(bare(Buffer.alloc(0)))],
    'a request for a message': [old, say(good)],
    'without a handshake': [raw(bare(good))],
    'what is no request': [raw(bare(Buffer.from([0x60, 1, 2, 3, 4, 5, 6, 7, 8, 9])))],
    'an empty frame': [raw(bare(Buffer.alloc(0)))],
    'a negative size': [raw(Buffer.from([0xff, 0xff, 0xff, 0xff]))],
    'a size beyond the bound': [raw(Buffer.from([0, 0, 0x10, 0]))],
    'an unknown mechanism': [talk => talk.handshake('GSSAPI', 0), old],
  })
}

const scramUser = 'scram-alice'
const scramPassword = 'wonder'
const mechanism = 'SCRAM-SHA-256'

async function scramMessages(session: Session): Promise<void> {
  const salt = Buffer.from('a salt of an own')
  const iterations = 4096
  const saltedPassword = pbkdf2Sync(scramPassword, salt, iterations, 32, 'sha256')
  const talk = new Talk(session, 'the user is made')
  await talk.handshake()
  await talk.say(good)
  const upsertions = [{ name: scramUser, mechanism: 1, iterations, salt, saltedPassword }]
  await talk.ask(AlterUserScramCredentials, 0, { deletions: [], upsertions })
  // Kafka's listeners follow a little later.
  for (let asked = 0; asked < 100; asked++) {
    const client = await session.connect()
    await client.send(SaslHandshake, 1, { mechanism: 'PLAIN' })
    await client.send(SaslAuthenticate, 2, { authBytes: good })
    const { results } = await client.send(DescribeUserScramCredentials, 0, { users: [{ name: scramUser }] })
    await client.close()
    if (results[0]!.errorCode === 0) break
  }
  talk.end()
  const choose: Step = each => each.handshake(mechanism)
  const first = (text: string): readonly Step[] => [choose, say(Buffer.from(text))]
  await talks(session, {
    'no bytes': first(''),
    'no message': first('nonsense'),
    'channel binding': first('p=tls-unique,,n=scram-alice,r=abcdef'),
    'binding that the client could': first('y,,n=scram-alice,r=abcdef'),
    'itself to act as': first('n,a=scram-alice,n=scram-alice,r=abcdef'),
    'another to act as': first('n,a=admin,n=scram-alice,r=abcdef'),
    'no nonce': first('n,,n=scram-alice,r='),
    'no user': first('n,,n=,r=abcdef'),
    'an escape that is none': first('n,,n=scram=20alice,r=abcdef'),
    nobody: [...first('n,,n=nobody,r=abcdef')],
    'an extension': first('n,,n=scram-alice,r=abcdef,x=1'),
    'an extension that must be known': first('n,,m=1,n=scram-alice,r=abcdef'),
    tokens: first('n,,n=scram-alice,r=abcdef,tokenauth=true'),
    'no proof': [...first('n,,n=scram-alice,r=abcdef'), say(Buffer.from('c=biws,r=abcdef'))],
    'another nonce': [...first('n,,n=scram-alice,r=abcdef'), say(Buffer.from('c=biws,r=abcdef,p=AAAA'))],
    'nothing more': [...first('n,,n=scram-alice,r=abcdef'), say(Buffer.alloc(0))],
    'the first message again': [...first('n,,n=scram-alice,r=abcdef'), say(Buffer.from('n,,n=scram-alice,r=abcdef'))],
  })
  for (const [title, password] of Object.entries({ 'the password': scramPassword, 'another password': 'wrong' })) {
    await wholeScram(session, title, password)
  }
}

/** The messages of a client that knows how, each by what it was answered. */
async function wholeScram(session: Session, title: string, password: string): Promise<void> {
  const client = await session.connect()
  const scram = new ScramClient(mechanism, scramUser, new Secret(password), 'abcdef')
  const step = async (authBytes: Buffer): Promise<Buffer> => {
    const answer = await client.send(SaslAuthenticate, 2, { authBytes })
    session.note(SaslAuthenticate.name, 2, `${title}, said`, toldOf(SaslAuthenticate, 2, answer))
    return answer.authBytes
  }
  await client.send(SaslHandshake, 1, { mechanism })
  const last = await step(await scram.final(await step(scram.first())))
  if (last.length > 0) scram.check(last)
  await client.close()
}

/** Whoever is not there is asked for a proof as others are, lest somebody find out who is there; that is refused then. */
const unknownUsers = ['nobody', 'tokens'].flatMap((who): Difference[] => {
  const answer = `SaslAuthenticate v2 ${who}, 2`
  const reason =
    '**SCRAM** asks whoever has no credentials for a proof as it asks others, and then refuses it: a broker does not tell who is there'
  return [
    { answer, path: 'errorCode', ours: 0, reason },
    { answer, path: 'errorMessage', ours: '', reason },
    { answer, path: 'authBytes', ours: 'some', reason },
  ]
})

export const loginCases: readonly Case[] = [
  { name: 'logins: by every version', settings, run: everyVersion },
  { name: 'logins: requests out of order', settings, run: outOfOrder },
  { name: 'logins: messages of PLAIN', settings, run: plainMessages },
  { name: 'logins: frames without a header, and what is no request', settings, run: bareMessages },
  { name: 'logins: messages of SCRAM', settings, run: scramMessages, differs: unknownUsers },
]
