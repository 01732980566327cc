/** The real file system. Only this file touches `node:fs`. */
import fs from 'node:fs'
import { dirname } from 'node:path'
import type { Files, RandomFile } from './file-system.ts'

export type { DirectoryEntry, Files, RandomFile } from './file-system.ts'
export { memoryFiles } from './memory-files.ts'

/** Handles open at once, beyond which the one opened first is closed; where the process may have fewer than 4,000, half of what it may. */
const handlesMax = 2_000

/**
 * Bytes of one call to write. The page cache takes memory in pieces as large as what is written, and a virtual machine that gives free
 * memory back to its host gives the large ones: those of 128 KB and more cost eight times as much to write to again. Batches of 1 MB took
 * 2.5 s of CPU per GB by one call each, and 0.5 by calls of 64 KB; with memory made warm before, one call each had taken 0.47 to 0.49 in other runs.
 */
const pieceBytes = 64 * 1024

const openFiles = new Set<DiskFile>()

let openFilesMaxKnown = 0

/** Descriptors that this process may have open at once, as it was told when that was first asked; Infinity where nobody knows. */
export function openFilesMax(): number {
  if (openFilesMaxKnown === 0) {
    const limits = fs.existsSync('/proc/self/limits') ? fs.readFileSync('/proc/self/limits', 'utf8') : ''
    openFilesMaxKnown = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
  }
  return openFilesMaxKnown
}

/** Does what needs a descriptor. Where none is left, those of files that are not in use are given back, and it is done again. */
function withDescriptor<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!makesRoom(error)) throw error
    return work()
  }
}

/** The same of what takes a disk some time. */
async function withDescriptorLater<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!makesRoom(error)) throw error
    return work()
  }
}

/** Closes idle files where an error says that there are no descriptors; false where it does not, or that freed none. */
function makesRoom(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return (code === 'EMFILE' || code === 'ENFILE') && closeIdleFiles()
}

/** Gives back the descriptors of all files that are open for speed alone; false where there are none. */
export function closeIdleFiles(): boolean {
  const before = openFiles.size
  for (const file of openFiles) if (file.idle) file.close()
  return openFiles.size < before
}

class DiskFile implements RandomFile {
  path: string
  #fd = -1
  /** Syncs under way, and those to whom the handle is lent: it must stay. */
  #pins = 0
  #closing = false

  readonly #mode: number

  constructor(path: string, mode = 0o644) {
    this.path = path
    this.#mode = mode
  }

  get idle(): boolean {
    return this.#pins === 0
  }

  #open(create: boolean): number {
    if (this.#fd >= 0) return this.#fd
    if (openFiles.size >= Math.min(handlesMax, openFilesMax() / 2)) {
      for (const file of openFiles) {
        if (!file.idle) continue
        file.close()
        break
      }
    }
    const flags = create ? fs.constants.O_RDWR | fs.constants.O_CREAT : fs.constants.O_RDWR
    this.#fd = withDescriptor(() => fs.openSync(this.path, flags, this.#mode))
    openFiles.add(this)
    return this.#fd
  }

  size(): number {
    if (this.#fd >= 0) return fs.fstatSync(this.#fd).size
    return fs.statSync(this.path, { throwIfNoEntry: false })?.size ?? 0
  }

  create(): void {
    this.#open(true)
  }

  read(into: Buffer, at: number, length: number, position: number): number {
    const fd = this.#open(false)
    let total = 0
    while (total < length) {
      const count = fs.readSync(fd, into, at + total, length - total, position + total)
      if (count === 0) break
      total += count
    }
    return total
  }

  writev(buffers: readonly Buffer[], position: number): void {
    writePieces(this.#open(true), buffers, position)
  }

  truncate(size: number): void {
    fs.ftruncateSync(this.#open(true), size)
  }

  sync(): Promise<void> {
    const fd = this.#open(false)
    this.#pins++
    return new Promise((resolve, reject) => {
      fs.fdatasync(fd, error => {
        this.takeBack()
        if (error) reject(error)
        else resolve()
      })
    })
  }

  syncNow(): void {
    fs.fdatasyncSync(this.#open(false))
  }

  rename(path: string): void {
    fs.renameSync(this.path, path)
    this.path = path
  }

  close(): void {
    if (this.#fd < 0) return
    if (this.#pins > 0) {
      this.#closing = true
      return
    }
    this.#closing = false
    openFiles.delete(this)
    const fd = this.#fd
    this.#fd = -1
    fs.closeSync(fd)
  }

  lend(): number {
    const fd = this.#open(false)
    this.#pins++
    return fd
  }

  takeBack(): void {
    this.#pins--
    if (this.#closing && this.#pins === 0) this.close()
  }

  unlink(): void {
    this.close()
    removeFile(this.path)
  }
}

/** Writes buffers one after the other from a position of the file on. Where they are more than one piece, pieces end at multiples of their size. */
export function writePieces(fd: number, buffers: readonly Buffer[], position: number): void {
  let left = 0
  for (const { length } of buffers) left += length
  if (left <= pieceBytes) {
    if (left > 0) writeTogether(fd, buffers, left, position)
    return
  }
  let index = 0
  let from = 0
  while (left > 0) {
    const bytes = Math.min(left, pieceBytes - (position % pieceBytes))
    if (from + bytes <= buffers[index].length) {
      // As it is: a megabyte would make sixteen views.
      writeFully(fd, buffers[index], from, from + bytes, position)
      from += bytes
    } else {
      const parts: Buffer[] = []
      for (let missing = bytes; missing > 0; ) {
        if (from === buffers[index].length) {
          index++
          from = 0
        }
        const part = buffers[index].subarray(from, from + missing)
        parts.push(part)
        from += part.length
        missing -= part.length
      }
      writeTogether(fd, parts, bytes, position)
    }
    position += bytes
    left -= bytes
  }
}

/** Writes several buffers, so many bytes together, by one call. */
function writeTogether(fd: number, buffers: readonly Buffer[], bytes: number, position: number): void {
  if (buffers.length === 1) {
    writeFully(fd, buffers[0], 0, bytes, position)
    return
  }
  let written = fs.writevSync(fd, buffers, position)
  if (written === bytes) return
  // A short write, as before a full disk: the rest one by one, which either works or says what is wrong.
  for (const buffer of buffers) {
    const begun = Math.min(written, buffer.length)
    writeFully(fd, buffer, begun, buffer.length, position + begun)
    written -= begun
    position += buffer.length
  }
}

function writeFully(fd: number, buffer: Buffer, start: number, end: number, position: number): void {
  for (let at = start; at < end; ) at += fs.writeSync(fd, buffer, at, end - at, position + at - start)
}

function removeFile(path: string): void {
  fs.rmSync(path, { force: true })
}

function syncDirectoryNow(path: string): void {
  const fd = withDescriptor(() => fs.openSync(path, 'r'))
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Node's own recursive way never ends where the system keeps answering ENOENT for a directory whose parent exists, as in /proc. */
function makeDirectory(path: string): void {
  try {
    fs.mkdirSync(path)
    return
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && fs.statSync(path).isDirectory()) return
    if (code !== 'ENOENT' || fs.existsSync(dirname(path))) throw error
  }
  makeDirectory(dirname(path))
  fs.mkdirSync(path)
}

/** What file systems say that know no hard links. */
const noLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'])

/** Whether a name could be made, as it was not there. */
function appears(make: () => void): boolean {
  try {
    make()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** The number of the user whose a file or directory is; null where systems do not number them. */
export function ownerOf(path: string): number | null {
  return process.getuid === undefined ? null : fs.statSync(path).uid
}

/** Bytes of a file that can be read more than once; null for a pipe or a device. Throws what the system says where there is none. */
export function regularFileBytes(path: string): number | null {
  const stat = fs.statSync(path)
  return stat.isFile() ? stat.size : null
}

/** The content in pieces, also of what is only to be read, and of pipes. A piece is overwritten by the next. */
export function* filePieces(path: string, bytes: number): Generator<Buffer> {
  const fd = withDescriptor(() => fs.openSync(path, 'r'))
  const piece = Buffer.allocUnsafe(bytes)
  try {
    for (let count = fs.readSync(fd, piece); count > 0; count = fs.readSync(fd, piece)) yield piece.subarray(0, count)
  } finally {
    fs.closeSync(fd)
  }
}

/**
 * The same files, where others may not read what is made: it holds secrets. Where the group may write to the directory above, as in a container
 * whose user has any number, it may read and write what is made, too.
 */
export function privateFiles(files: Files): Files {
  if (files !== diskFiles) return files
  return {
    ...diskFiles,
    file: path => new DiskFile(path, isShared(dirname(path)) ? 0o660 : 0o600),
    replace: (path, content) => replace(path, content, isShared(dirname(path)) ? 0o660 : 0o600),
    mkdir(path) {
      makeDirectory(path)
      try {
        fs.chmodSync(path, isShared(dirname(path)) ? 0o770 : 0o700)
      } catch (error) {
        // It is somebody else's, who let this user in.
        if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
      }
    },
  }
}

function replace(path: string, content: Buffer | string, mode = 0o666): void {
  const temporary = `${path}.tmp`
  withDescriptor(() => fs.writeFileSync(temporary, content, { flush: true, mode }))
  fs.renameSync(temporary, path)
  syncDirectoryNow(dirname(path))
}

/** Whether all of the group may write to a directory. */
function isShared(path: string): boolean {
  return ((fs.statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o020) !== 0
}

/** The real file system. */
export const diskFiles: Files = {
  durable: true,
  file: path => new DiskFile(path),
  exists: path => fs.existsSync(path),
  modifiedMs: path => fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  list: directory =>
    withDescriptor(() => fs.readdirSync(directory, { withFileTypes: true })).map(entry => ({
      name: entry.name,
      directory: entry.isDirectory(),
    })),
  mkdir: makeDirectory,
  rename: (from, to) => fs.renameSync(from, to),
  unlink: removeFile,
  removeTree: path => withDescriptorLater(() => fs.promises.rm(path, { recursive: true, force: true })),
  read(path) {
    try {
      return withDescriptor(() => fs.readFileSync(path))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  },
  write(path, content) {
    const temporary = `${path}.tmp`
    withDescriptor(() => fs.writeFileSync(temporary, content))
    fs.renameSync(temporary, path)
  },
  replace,
  async replaceLater(path, content, isWanted = () => true) {
    // `replace` of the same file may come in between.
    const temporary = `${path}.later.tmp`
    const handle = await withDescriptorLater(() => fs.promises.open(temporary, 'w'))
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (!isWanted()) {
      removeFile(temporary)
      return
    }
    // In a thread, it could take the place of what was put there after that question.
    fs.renameSync(temporary, path)
    await diskFiles.syncDirectory(dirname(path))
  },
  createExclusive(path, content) {
    // Under another name first: whoever looks finds it whole.
    const temporary = `${path}.${process.pid}.${process.hrtime.bigint()}.tmp`
    withDescriptor(() => fs.writeFileSync(temporary, content))
    try {
      return appears(() => fs.linkSync(temporary, path))
    } catch (error) {
      if (!noLinks.has(String((error as NodeJS.ErrnoException).code))) throw error
      return appears(() => withDescriptor(() => fs.writeFileSync(path, content, { flag: 'wx' })))
    } finally {
      removeFile(temporary)
    }
  },
  linkTarget(path) {
    try {
      return fs.readlinkSync(path)
    } catch {
      return null
    }
  },
  async syncDirectory(path) {
    const handle = await withDescriptorLater(() => fs.promises.open(path, 'r'))
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  syncDirectoryNow,
  usage(path) {
    const { blocks, bavail, bsize } = fs.statfsSync(path)
    return { totalBytes: blocks * bsize, usableBytes: bavail * bsize }
  },
}

/** Copies bytes of a file into another, which is made where it is not there, while others work; both may be read meanwhile. */
export async function copyRange(
  files: Files,
  from: string,
  to: string,
  position: number,
  length: number,
): Promise<void> {
  if (files !== diskFiles) {
    copyRangeNow(files, from, to, position, length)
    return
  }
  const buffer = Buffer.allocUnsafe(length)
  await naming(from, async () => {
    const source = await withDescriptorLater(() => fs.promises.open(from, 'r'))
    try {
      for (let done = 0; done < length; ) {
        const { bytesRead } = await source.read(buffer, done, length - done, position + done)
        if (bytesRead === 0) throw endedEarly(from)
        done += bytesRead
      }
    } finally {
      await source.close()
    }
  })
  await naming(to, async () => {
    const flags = fs.constants.O_WRONLY | fs.constants.O_CREAT
    const target = await withDescriptorLater(() => fs.promises.open(to, flags, 0o644))
    try {
      for (let done = 0; done < length; ) {
        const { bytesWritten } = await target.write(buffer, done, length - done, position + done)
        done += bytesWritten
      }
    } finally {
      await target.close()
    }
  })
}

/** The same at once. */
export function copyRangeNow(files: Files, from: string, to: string, position: number, length: number): void {
  const source = files.file(from)
  const target = files.file(to)
  const buffer = Buffer.allocUnsafe(length)
  try {
    if (length > 0 && source.read(buffer, 0, length, position) < length) throw endedEarly(from)
  } catch (error) {
    throw Object.assign(error as Error, { path: from })
  } finally {
    source.close()
  }
  try {
    target.create()
    if (length > 0) target.writev([buffer], position)
  } catch (error) {
    throw Object.assign(error as Error, { path: to })
  } finally {
    target.close()
  }
}

/** An error tells whose file it is about, which those of an open file do not. */
async function naming(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw Object.assign(error as Error, { path })
  }
}

function endedEarly(path: string): Error {
  return Object.assign(new Error(`EIO: ${path} ends early`), { code: 'EIO' })
}

/** Waits until the disk has a file's content. Where the files are no disk's, that is only begun. */
export function syncNow(files: Files, path: string): void {
  if (files !== diskFiles) {
    const file = files.file(path)
    void file.sync().finally(() => file.close())
    return
  }
  const fd = withDescriptor(() => fs.openSync(path, 'r+'))
  try {
    fs.fdatasyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
