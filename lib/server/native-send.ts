/**
 * System calls that Node does not offer: sendfile(2), which sends a file's bytes without copying them into the process; send(2), for the
 * bytes before and after them; and getsockopt(2) and setsockopt(2) for a socket's congestion control and buffers. Linux only. They are called by
 * koffi, an optional package that is loaded when it is first needed. Where it is missing, answers go through memory.
 */
import { constants } from 'node:os'
import { offLoop } from '../base/off-loop.ts'

/** Non-blocking calls. The first two return the bytes that the system took, or a negative error number. */
export interface NativeSend {
  /** Sends a range of a file. */
  file(socketFd: number, fileFd: number, position: number, length: number): number
  /** Sends bytes, without MSG_MORE or TCP_CORK: with them answers of 64 KB took the kernel a third longer, and twice as long. */
  bytes(socketFd: number, bytes: Buffer): number
  /** Name of a socket's congestion control, such as cubic; empty where it is unknown. */
  congestionControlOf(socketFd: number): string
  /** Sets it; false where the system does not have it or does not allow it. */
  setCongestionControl(socketFd: number, name: string): boolean
  /** Size of a socket's send or receive buffer, in bytes; -1 where it is unknown. */
  bufferBytesOf(socketFd: number, direction: 'send' | 'receive'): number
  /** Sets it; the system may take less. */
  setBufferBytes(socketFd: number, direction: 'send' | 'receive', bytes: number): void
}

/** MSG_DONTWAIT and MSG_NOSIGNAL. */
const messageFlags = 0x40 | 0x4000
/** SOL_SOCKET; SO_SNDBUF and SO_RCVBUF. */
const socketLevel = 1
const bufferOptions = { send: 7, receive: 8 } as const
/** IPPROTO_TCP, TCP_CONGESTION and TCP_CA_NAME_MAX. */
const [tcpLevel, congestionOption, congestionNameBytesMax] = [6, 13, 16]

let native: NativeSend | null = null
let loading: Promise<void> | null = null

/** The calls, once they are loaded; null before that, and where they are not available. */
export function nativeSend(): NativeSend | null {
  if (loading === null) void loadNativeSend()
  return native
}

/** Loads the calls, which takes some milliseconds; resolves in any case. */
export function loadNativeSend(): Promise<void> {
  loading ??= load().then(
    loaded => {
      native = loaded
    },
    // The package is optional, and has no binary for every platform.
    () => {},
  )
  return loading
}

/** Disables the calls, as they do not work here. */
export function giveUpNativeSend(): void {
  native = null
}

async function load(): Promise<NativeSend | null> {
  if (process.platform !== 'linux') return null
  const { default: koffi } = await offLoop(import('koffi'))
  const library = koffi.load(null)
  const sendfile = library.func('int64_t sendfile(int to, int from, void *position, size_t length)')
  const send = library.func('int64_t send(int to, const void *bytes, size_t length, int flags)')
  const getOption = library.func('int getsockopt(int socket, int level, int name, void *value, void *length)')
  const setOption = library.func('int setsockopt(int socket, int level, int name, const void *value, uint32_t length)')
  const from = new BigInt64Array(1)
  const told = Buffer.alloc(congestionNameBytesMax)
  const toldBytes = new Uint32Array(1)
  return {
    file(socketFd, fileFd, position, length) {
      from[0] = BigInt(position)
      const sent: number = sendfile(socketFd, fileFd, from, length)
      return sent < 0 ? -koffi.errno() : sent
    },
    bytes(socketFd, bytes) {
      const sent: number = send(socketFd, bytes, bytes.length, messageFlags)
      return sent < 0 ? -koffi.errno() : sent
    },
    congestionControlOf(socketFd) {
      toldBytes[0] = told.length
      if (getOption(socketFd, tcpLevel, congestionOption, told, toldBytes) < 0) return ''
      return told.toString('latin1', 0, told.indexOf(0))
    },
    setCongestionControl(socketFd, name) {
      const value = Buffer.from(name, 'latin1')
      return setOption(socketFd, tcpLevel, congestionOption, value, value.length) === 0
    },
    bufferBytesOf(socketFd, direction) {
      const value = new Int32Array(1)
      toldBytes[0] = value.byteLength
      if (getOption(socketFd, socketLevel, bufferOptions[direction], value, toldBytes) < 0) return -1
      // Linux doubles the size, for its own bookkeeping, and returns the doubled one.
      return value[0]! / 2
    },
    setBufferBytes(socketFd, direction, bytes) {
      const value = Int32Array.of(bytes)
      setOption(socketFd, socketLevel, bufferOptions[direction], value, value.byteLength)
    },
  }
}

/** Whether an error number means that sendfile(2) does not support these files, or is missing. */
export function isUnfit(errorNumber: number): boolean {
  const { EINVAL, ENOSYS, EOPNOTSUPP } = constants.errno
  return errorNumber === EINVAL || errorNumber === ENOSYS || errorNumber === EOPNOTSUPP
}
