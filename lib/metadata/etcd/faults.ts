/** What goes wrong with etcd, told apart by whether a request may have taken effect. */
import { StoreUnavailable } from '../store.ts'

/** Codes of gRPC, as far as they matter here. */
export const grpcCodes = {
  invalidArgument: 3,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unauthenticated: 16,
} as const

/** Such answers say that the request was looked at and not carried out. After any other it may have been, or may still be. */
const refusals: ReadonlySet<number> = new Set(Object.values(grpcCodes))

/** etcd answered that it did not do what was asked. */
export class EtcdRefusal extends StoreUnavailable {
  readonly code: number

  constructor(code: number, message: string) {
    super(`etcd refuses: ${message}`)
    this.name = 'EtcdRefusal'
    this.code = code
  }
}

/** No answer that says what became of a request: the member is out of reach, has no leader, or took too long. */
export class EtcdSilence extends StoreUnavailable {
  constructor(reason: string) {
    super(`etcd does not answer: ${reason}`)
    this.name = 'EtcdSilence'
  }
}

/** More was asked for than is held of one answer. */
export class AnswerTooLarge extends StoreUnavailable {
  constructor(bytes: number) {
    super(`an answer of etcd has more than ${bytes} bytes`)
    this.name = 'AnswerTooLarge'
  }
}

/** What an error in an answer means. */
export function faultOfAnswer(status: number, body: unknown): EtcdRefusal | EtcdSilence {
  const { code, message, error } = (typeof body === 'object' && body !== null ? body : {}) as {
    code?: unknown
    message?: unknown
    error?: unknown
  }
  const text = typeof message === 'string' ? message : typeof error === 'string' ? error : `HTTP status ${status}`
  if (status === 404 && code === undefined)
    return new EtcdSilence(`${text}: is it etcd 3.4 or newer, with its gRPC gateway on?`)
  // Too many requests at a time, or an election that goes on: it is asked again.
  if (typeof code !== 'number' || !refusals.has(code) || text.includes('too many requests'))
    return new EtcdSilence(text)
  return new EtcdRefusal(code, text)
}

export function isCompacted(error: unknown): boolean {
  return error instanceof EtcdRefusal && error.code === grpcCodes.outOfRange && error.message.includes('compacted')
}

export function isLeaseGone(error: unknown): boolean {
  return error instanceof EtcdRefusal && error.code === grpcCodes.notFound && error.message.includes('lease')
}

/** What is read of an answer; EtcdSilence where the answer is not of the form that etcd gives it. */
export function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw new EtcdSilence('an answer cannot be read')
    throw error
  }
}
