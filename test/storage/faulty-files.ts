/** Files of which any call can be made to fail, with any error: a disk's, a bug, or what a process without file descriptors meets. */
import type { Files, RandomFile } from '../../storage/files.ts'

/** Calls that need a descriptor, of `Files` and of one file. Of a file that is open already they do not. */
const opening: ReadonlySet<string> = new Set([
  ...['list', 'read', 'write', 'replace', 'replaceLater', 'createExclusive', 'removeTree'],
  ...['syncDirectory', 'syncDirectoryNow', 'create', 'writev', 'truncate', 'sync', 'syncNow', 'lend'],
])

/** What those calls of `Files` and of files meet whose answer is a promise. */
const later: ReadonlySet<string> = new Set(['replaceLater', 'removeTree', 'syncDirectory', 'sync'])

/** Says of a call whether it fails: its name, the path that it is about, and whether it needs a descriptor. */
export type FaultOf = (call: string, path: string, needsDescriptor: boolean) => Error | null

/** See the head of the file. */
export function faultyFiles(files: Files, faultOf: FaultOf): Files {
  return new Proxy(files, {
    get(target, name) {
      const member = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      if (name === 'file') return (path: string) => faultyFile(target.file(path), faultOf)
      return failing(target, member, String(name), faultOf, args => String(args[0]))
    },
  })
}

function faultyFile(file: RandomFile, faultOf: FaultOf): RandomFile {
  let isOpen = false
  const asked: FaultOf = (call, path, needsDescriptor) => {
    const error = faultOf(call, path, needsDescriptor && !isOpen)
    if (error !== null) return error
    if (needsDescriptor) isOpen = true
    else if (call === 'close' || call === 'unlink') isOpen = false
    return null
  }
  return new Proxy(file, {
    get(target, name) {
      const member = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return failing(target, member, String(name), asked, () => target.path)
    },
  })
}

function failing(
  target: object,
  member: (...args: unknown[]) => unknown,
  name: string,
  faultOf: FaultOf,
  pathOf: (args: unknown[]) => string,
): (...args: unknown[]) => unknown {
  return (...args) => {
    const error = faultOf(name, pathOf(args), opening.has(name) || name === 'read')
    if (error === null) return member.apply(target, args)
    if (later.has(name)) return Promise.reject(error)
    throw error
  }
}

/** What a process meets that has no descriptors left. */
export function outOfDescriptors(): Error {
  return Object.assign(new Error('EMFILE: too many open files, open'), { code: 'EMFILE' })
}
