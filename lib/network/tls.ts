/** TLS over TCP, by Node's OpenSSL. With tls-context.ts, the only importer of node:tls. */
import { isIP, type Socket } from 'node:net'
import tls from 'node:tls'
import type { Endpoint, TlsAccepting, TlsConnecting, Wire, WireReceiver } from './network.ts'
import { canTurnInto, turnInto } from './receive-into.ts'
import { SocketWire } from './socket-wire.ts'
import { certificateRefusal, serverSecretOf } from './tls-alert.ts'
import { handshakeError, securedError } from './tls-errors.ts'

type Done = (failure: Error | null) => void

/** Parts of Node's TLS sockets that its documentation leaves out, and that mail servers, among others, have long relied on. */
interface Secured extends tls.TLSSocket {
  /** What the client has asked for; false or null where nothing. */
  readonly servername: string | false | null
  readonly _handle: { verifyError(): { readonly code?: string } | null } | null
  /** From here on its errors are ours. */
  _releaseControl(): boolean
}

/** The way into one listener: takes sockets, and shakes hands by what holds when each begins. */
export class TlsEntrance {
  readonly #accepting: () => TlsAccepting
  #made: { readonly by: TlsAccepting; readonly secureContext: tls.SecureContext } | null = null

  constructor(accepting: () => TlsAccepting) {
    this.#accepting = accepting
  }

  /** A wire that is still to be secured. The socket must be paused. */
  wireOf(socket: Socket): Wire {
    return new AcceptedWire(socket, this)
  }

  /** Shakes hands on a socket, and calls once. After a failure the socket is closed. */
  shakeHands(socket: Socket, ended: (secured: tls.TLSSocket | null, failure: Error | null) => void): void {
    const { clientCertificate } = this.#accepting()
    const secured = new tls.TLSSocket(socket, {
      isServer: true,
      secureContext: this.#secureContext(),
      requestCert: clientCertificate !== 'none',
      // OpenSSL then refuses whoever shows none; one that is shown is judged below.
      rejectUnauthorized: clientCertificate === 'required',
    }) as Secured
    let isOver = false
    const over = (failure: Error | null) => {
      if (isOver) return
      isOver = true
      if (failure === null) ended(secured, null)
      else {
        secured.destroy()
        ended(null, failure)
      }
    }
    const failed = (error: Error) => over(handshakeError(error))
    const closed = () => over(handshakeError({ code: 'ECONNRESET' }))
    let serverSecret: Buffer | null = null
    const keyLogged = (line: Buffer) => {
      serverSecret = serverSecretOf(line) ?? serverSecret
    }
    if (clientCertificate !== 'none') secured.on('keylog', keyLogged)
    secured.on('_tlsError', failed)
    secured.on('error', failed)
    secured.once('close', closed)
    secured.once('secure', () => {
      const isShown = clientCertificate !== 'none' && secured.getPeerX509Certificate() !== undefined
      const fault = isShown ? secured._handle?.verifyError() : null
      if (fault) {
        socket.write(certificateRefusal(secured.getCipher().standardName, serverSecret))
        over(handshakeError({ code: fault.code }))
        return
      }
      secured._releaseControl()
      secured.removeListener('keylog', keyLogged)
      secured.removeListener('_tlsError', failed)
      secured.removeListener('error', failed)
      secured.removeListener('close', closed)
      over(null)
    })
  }

  #secureContext(): tls.SecureContext {
    const by = this.#accepting()
    if (this.#made?.by !== by) {
      const sessionIdContext = 'ottla'
      this.#made = { by, secureContext: tls.createSecureContext({ ...by.options, sessionIdContext }) }
    }
    return this.#made.secureContext
  }
}

/**
 * Nine records of TLS. Encrypted they are ten blocks of 16 KB, which is what Node hands to the system by one call; more waits in memory that
 * Node allocates and frees for it, and comes out of the processor's cache.
 */
const pieceBytes = 9 * 16 * 1024

/** A socket that a listener has accepted, and the same encrypted once hands are shaken. */
class AcceptedWire extends SocketWire {
  readonly kind = 'tls'
  readonly receivesInPlace: boolean
  readonly descriptor = -1
  readonly pieceBytes = pieceBytes
  readonly #entrance: TlsEntrance
  #peerCertificate: Buffer | null = null
  #serverName: string | null = null

  constructor(socket: Socket, entrance: TlsEntrance) {
    super(socket)
    this.#entrance = entrance
    // The socket that it is wrapped by will be one of the same kind.
    this.receivesInPlace = canTurnInto(socket)
    // A client that resets the connection before its turn comes.
    socket.on('error', () => {})
  }

  get peerCertificate(): Buffer | null {
    return this.#peerCertificate
  }

  get serverName(): string | null {
    return this.#serverName
  }

  protected override takeBytes(receiver: WireReceiver): void {
    if (!this.receivesInPlace || !turnInto(this.socket, receiver)) super.takeBytes(receiver)
  }

  readonly secure = (done: Done): void => {
    const raw = this.socket
    this.#entrance.shakeHands(raw, (secured, failure) => {
      if (secured !== null) {
        this.socket = secured
        this.#peerCertificate = secured.getPeerX509Certificate()?.raw ?? null
        this.#serverName = (secured as Secured).servername || null
      } else raw.destroy()
      done(failure)
    })
  }
}

/** A connection that this end has opened and secured already. */
class ConnectedWire extends SocketWire {
  readonly kind = 'tls'
  readonly receivesInPlace = false
  readonly descriptor = -1
  readonly secure = null
  readonly peerCertificate: Buffer | null

  constructor(socket: tls.TLSSocket) {
    super(socket)
    this.peerCertificate = socket.getPeerX509Certificate()?.raw ?? null
  }

  protected override failureOf(error: Error): Error {
    return securedError(error)
  }
}

/** Connects and shakes hands. Rejects with an error that says what is wrong. */
export function connectTls(
  { host, port, tls: connecting }: Endpoint & { readonly tls: TlsConnecting },
  signal?: AbortSignal,
): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host,
      port,
      ...connecting.options,
      // The name of a host, never an address, may be told to the server.
      servername: isIP(host) === 0 ? host : '',
      ...(connecting.checksHost ? {} : { checkServerIdentity: () => undefined }),
    })
    const abort = () => socket.destroy(signal?.reason as Error)
    signal?.addEventListener('abort', abort, { once: true })
    const failed = (error: Error) => {
      signal?.removeEventListener('abort', abort)
      reject(error === signal?.reason ? error : handshakeError(error))
    }
    socket.once('error', failed)
    socket.once('close', () => failed(handshakeError({ code: 'ECONNRESET' })))
    socket.once('secureConnect', () => {
      signal?.removeEventListener('abort', abort)
      socket.removeAllListeners('error')
      socket.removeAllListeners('close')
      socket.setNoDelay(true)
      socket.pause()
      resolve(new ConnectedWire(socket))
    })
  })
}
