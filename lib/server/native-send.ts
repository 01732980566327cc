/**
 * System calls that Node has no door to: sendfile(2), which sends a file's bytes without bringing them into the process, send(2),
 * for what stands before and behind them, and what a socket's congestion control is read and set by. Only Linux; koffi, which calls into the C library, is an optional package and is loaded when
 * it is first asked for. Where it is missing, answers go through memory.
 */
import { constants } from 'node:os'

/** Calls on handles that do not block. Both give the bytes that were taken, or a negative error number. */
export interface NativeSend {
  /** Sends a stretch of a file. */
  file(socketFd: number, fileFd: number, position: number, length: number): number
  /** Sends bytes at once: told that more follows, the kernel took a third longer (MSG_MORE) or twice as long (TCP_CORK) over answers of 64 KB. */
  bytes(socketFd: number, bytes: Buffer): number
  /** Name of a socket's congestion control, such as cubic; empty where it cannot be told. */
  congestionControlOf(socketFd: number): string
  /** Sets it; false where the system does not have it or does not allow it. */
  setCongestionControl(socketFd: number, name: string): boolean
}

/** MSG_DONTWAIT and MSG_NOSIGNAL. */
const messageFlags = 0x40 | 0x4000
/** IPPROTO_TCP, TCP_CONGESTION and TCP_CA_NAME_MAX. */
const [tcpLevel, congestionOption, congestionNameBytesMax] = [6, 13, 16]

let native: NativeSend | null = null
let loading: Promise<void> | null = null

/** The calls, once they are loaded; null before, and where there are none. */
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
    // It is optional, and not made for every machine.
    () => {},
  )
  return loading
}

/** Says that the calls do not work here; from now on there are none. */
export function giveUpNativeSend(): void {
  native = null
}

async function load(): Promise<NativeSend | null> {
  if (process.platform !== 'linux') return null
  const { default: koffi } = await import('koffi')
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
  }
}

/** Whether an error number says that files of this kind cannot be sent by the call, or that there is no such call. */
export function isUnfit(errorNumber: number): boolean {
  const { EINVAL, ENOSYS, EOPNOTSUPP } = constants.errno
  return errorNumber === EINVAL || errorNumber === ENOSYS || errorNumber === EOPNOTSUPP
}
