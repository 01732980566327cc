/** Stands before the handlers on listeners whose clients log in by SASL: it takes what belongs to a login, and lets pass what may be served. */
import { decode } from '../../protocol/codec.ts'
import { codes } from '../../protocol/errors.ts'
import { decodeRequestHeader, encodeResponseFrame, type RequestHeaderView } from '../../protocol/frame.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { SaslAuthenticate, type SaslAuthenticateRequest } from '../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshake, type SaslHandshakeRequest } from '../../protocol/messages/sasl-handshake.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import type { Clock } from '../base/clock.ts'
import type { Connection } from './connection.ts'
import { type HandlerRow, type HandlerTable, versionsOf } from './handler-row.ts'
import type { Login, LoginRules } from './login.ts'
import type { Slot } from './replies.ts'

const apiKeyBytes = 2
const sizeBytes = 4

export class Gate<Context> {
  readonly #handlers: HandlerTable<Context>
  readonly #rules: LoginRules
  readonly #clock: Clock

  constructor(handlers: HandlerTable<Context>, rules: LoginRules, clock: Clock) {
    this.#handlers = handlers
    this.#rules = rules
    this.#clock = clock
  }

  /** Takes the request between two positions of the buffer, and answers it; false where it is one for the handlers. */
  takes(connection: Connection, login: Login, slot: Slot, buffer: Buffer, start: number, end: number): boolean {
    const { authentication } = login
    if (authentication.state === 'done') {
      const isHandshake = end - start >= apiKeyBytes && buffer.readInt16BE(start) === SaslHandshake.key
      if (!isHandshake || !authentication.mayRenew(this.#clock.monotonicMs())) {
        if (!authentication.hasEnd || !authentication.isOver(this.#clock.monotonicMs())) return false
        connection.fail(slot, 'its session is over, and the client has not renewed its login')
        return true
      }
    }
    if (!login.counts()) connection.fail(slot, 'too many requests before it has logged in')
    else if (authentication.takesBareMessages) this.#bareMessage(connection, login, slot, buffer.subarray(start, end))
    else return this.#takesRequest(connection, login, slot, buffer, start, end)
    return true
  }

  #takesRequest(connection: Connection, login: Login, slot: Slot, buffer: Buffer, start: number, end: number): boolean {
    const { authentication } = login
    const read = this.#read(buffer, start, end)
    if (typeof read === 'string') {
      if (read === 'versions' && authentication.state === 'versions') return false
      this.#close(connection, login, slot, read)
      return true
    }
    const { row, header, request } = read
    if (authentication.state === 'exchange') {
      if (row.api.key === SaslAuthenticate.key) {
        this.#message(connection, login, slot, header, (request as SaslAuthenticateRequest).authBytes)
      } else this.#outOfPlace(connection, login, slot, read)
      return true
    }
    if (row.api.key === ApiVersions.key && authentication.state === 'versions') {
      authentication.versions()
      return false
    }
    if (row.api.key === SaslHandshake.key)
      this.#handshake(connection, login, slot, header, request as SaslHandshakeRequest)
    else this.#close(connection, login, slot, `${row.api.name} before it has logged in`)
    return true
  }

  /** The request, or why there is none: 'versions' for ApiVersions in a version that is not served. */
  #read(buffer: Buffer, start: number, end: number): ReadRequest<Context> | string {
    try {
      const header = decodeRequestHeader(buffer, start, end)
      const { apiKey, apiVersion } = header
      const row = this.#handlers.get(apiKey)
      if (row === undefined) return `a request of API key ${apiKey} before it has logged in`
      const [versionMin, versionMax] = versionsOf(row)
      if (apiVersion < versionMin || apiVersion > versionMax) {
        return apiKey === ApiVersions.key ? 'versions' : `${row.api.name} version ${apiVersion} before it has logged in`
      }
      // A copy, as a refusal waits, and the buffer is used again meanwhile.
      const request = decode(row.api.request, apiVersion, Buffer.from(buffer.subarray(header.bodyStart, end)))
      return { row, header, request }
    } catch {
      return 'a request that cannot be read, before it has logged in'
    }
  }

  #handshake(
    connection: Connection,
    login: Login,
    slot: Slot,
    { apiVersion, correlationId }: RequestHeaderView,
    { mechanism }: SaslHandshakeRequest,
  ): void {
    const { authentication } = login
    const { mechanisms } = authentication
    const answer = (errorCode: number) =>
      encodeResponseFrame(SaslHandshake, apiVersion, correlationId, { errorCode, mechanisms: [...mechanisms] })
    const outcome = authentication.handshake(mechanism, apiVersion === 0, this.#clock.monotonicMs())
    switch (outcome.kind) {
      case 'chosen':
        connection.answer(slot, answer(codes.NONE))
        break
      case 'unsupported':
        this.#refuse(
          connection,
          login,
          answer(codes.UNSUPPORTED_SASL_MECHANISM),
          slot,
          'a mechanism that is not enabled',
        )
        break
      case 'changed':
        connection.answer(slot, answer(codes.NONE))
        this.#refuse(connection, login, null, null, 'another mechanism than before')
        break
      case 'closed':
        this.#close(connection, login, slot, outcome.reason)
    }
  }

  #message(
    connection: Connection,
    login: Login,
    slot: Slot,
    { apiVersion, correlationId }: RequestHeaderView,
    bytes: Buffer,
  ): void {
    const outcome = login.authentication.message(bytes, this.#clock.monotonicMs())
    const answer = (errorCode: number, errorMessage: string, authBytes: Buffer, sessionMs: number) =>
      encodeResponseFrame(SaslAuthenticate, apiVersion, correlationId, {
        errorCode,
        errorMessage,
        authBytes,
        sessionLifetimeMs: sessionMs,
      })
    if (outcome.kind === 'answered') {
      connection.answer(slot, answer(codes.NONE, '', outcome.message, outcome.sessionMs))
      this.#know(connection, login)
    } else {
      const { reason } = outcome
      const chunks = answer(codes.SASL_AUTHENTICATION_FAILED, reason, Buffer.alloc(0), 0)
      this.#refuse(connection, login, chunks, slot, reason)
    }
  }

  /** A message is answered as it came, and a refusal by the end of the connection. */
  #bareMessage(connection: Connection, login: Login, slot: Slot, bytes: Buffer): void {
    const outcome = login.authentication.message(bytes, this.#clock.monotonicMs())
    if (outcome.kind === 'refused') {
      this.#refuse(connection, login, null, slot, outcome.reason)
      return
    }
    const size = Buffer.alloc(sizeBytes)
    size.writeInt32BE(outcome.message.length)
    connection.answer(slot, [Buffer.concat([size, outcome.message])])
    this.#know(connection, login)
  }

  #know({ info }: Connection, login: Login): void {
    const { authentication } = login
    if (authentication.state !== 'done') return
    info.principal = `User:${authentication.user}`
    info.isByToken = authentication.isByToken
    login.succeeded()
    this.#rules.succeeded(info, authentication)
  }

  /** Another request where a message of the exchange is awaited: it is refused in its own form. */
  #outOfPlace(connection: Connection, login: Login, slot: Slot, { row, header, request }: ReadRequest<Context>): void {
    const { apiVersion, correlationId } = header
    const errorMessage = `Unexpected Kafka request of type ${row.api.name} during SASL authentication.`
    const response = row.refuse(request, { errorCode: codes.ILLEGAL_SASL_STATE, errorMessage, apiVersion })
    const chunks = response && encodeResponseFrame(row.api, apiVersion, correlationId, response)
    this.#refuse(connection, login, chunks, slot, `${row.api.name} in the middle of a login`)
  }

  #close(connection: Connection, login: Login, slot: Slot, reason: string): void {
    login.authentication.fail()
    this.#rules.failed(connection.info, login.authentication, null)
    connection.fail(slot, reason)
  }

  /** Answers after a while, null for not at all, and closes the connection. Without a slot everything is answered already. */
  #refuse(
    connection: Connection,
    login: Login,
    chunks: readonly Chunk[] | null,
    slot: Slot | null,
    reason: string,
  ): void {
    login.authentication.fail()
    this.#rules.failed(connection.info, login.authentication, reason)
    connection.hold()
    const end = () => {
      if (slot !== null) connection.answer(slot, chunks)
      connection.finish()
    }
    login.refuseBy(this.#clock.schedule(this.#rules.refusalDelayMs(), end))
  }
}

interface ReadRequest<Context> {
  readonly row: HandlerRow<Context>
  readonly header: RequestHeaderView
  readonly request: object
}
