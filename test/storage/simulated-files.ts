/**
 * A file system that can fail and crash: it knows what a disk would have kept. A killed process loses nothing that it wrote; a
 * power failure loses any writes, cuts and names that were not synced, in part or whole. A write that fails, or during which the
 * process dies, is done in part.
 */
import { assert } from '../../lib/base/assert.ts'
import type { DirectoryEntry, Files, RandomFile } from '../../storage/files.ts'

type Change = { position: number; bytes: Buffer } | { size: number }

class Inode {
  data: Buffer = Buffer.alloc(0)
  /** What the disk has for sure. */
  synced: Buffer = Buffer.alloc(0)
  /** What it may have of the time since then. */
  changes: Change[] = []

  write(bytes: Buffer, position: number): void {
    this.changes.push({ position, bytes: Buffer.from(bytes) })
    this.data = written(this.data, bytes, position)
  }

  truncate(size: number): void {
    this.changes.push({ size })
    this.data = cut(this.data, size)
  }

  sync(): void {
    this.synced = this.data
    this.changes = []
  }
}

function written(data: Buffer, bytes: Buffer, position: number): Buffer {
  const grown = Buffer.alloc(Math.max(data.length, position + bytes.length))
  data.copy(grown)
  bytes.copy(grown, position)
  return grown
}

function cut(data: Buffer, size: number): Buffer {
  const result = Buffer.alloc(size)
  data.copy(result)
  return result
}

type Tree = Map<string, Inode | 'directory'>

interface Renaming {
  /** The directory that must be synced for it to last. */
  readonly directory: string
  readonly apply: (tree: Tree) => void
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

function normal(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: '${path}'`), { code })
}

/** Chance, as the simulation is given it: a number in [0, 1). */
export type Next = () => number

/** See the head of the file. `crash` gives the file system that the next process finds. */
export class SimulatedFiles implements Files {
  readonly durable = true
  /** Syncs do nothing from now on: a disk that lies, or a broker that forgets. */
  syncsAreLost = false
  /** Writes that succeed before one fails with `failureCode`. */
  writesUntilFailure = Number.POSITIVE_INFINITY
  failureCode = 'ENOSPC'
  /** How much of it is written all the same, 0 to 1. */
  failureFraction = 0.5
  #live: Tree
  #kept: Tree
  #renamings: Renaming[] = []

  constructor(tree: Tree = new Map([['/', 'directory']])) {
    this.#live = tree
    this.#kept = new Map(tree)
  }

  /** The process was killed: what it wrote stays. */
  killed(): this {
    const tree: Tree = new Map()
    for (const [path, entry] of this.#live) tree.set(path, entry === 'directory' ? entry : settled(entry.data))
    return this.#next(tree)
  }

  /** The machine lost its power. */
  lostPower(next: Next): this {
    const count = Math.floor(next() * (this.#renamings.length + 1))
    for (const { apply } of this.#renamings.slice(0, count)) apply(this.#kept)
    const tree: Tree = new Map()
    for (const [path, entry] of this.#kept) {
      if (!this.#hasParents(path)) continue
      tree.set(path, entry === 'directory' ? entry : settled(survivor(entry, next)))
    }
    return this.#next(tree)
  }

  #next(tree: Tree): this {
    return new (this.constructor as new (tree: Tree) => this)(tree)
  }

  #hasParents(path: string): boolean {
    for (let at = path; at !== '/'; at = parentOf(at)) if (this.#kept.get(parentOf(at)) !== 'directory') return false
    return true
  }

  #rename(directory: string, apply: (tree: Tree) => void): void {
    apply(this.#live)
    this.#renamings.push({ directory, apply })
  }

  open(path: string, create: boolean): Inode {
    const found = this.#live.get(path)
    if (found instanceof Inode) return found
    if (!create) throw failure('ENOENT', path)
    assert(this.#live.get(parentOf(path)) === 'directory', `${path} has no directory`)
    const inode = new Inode()
    this.#rename(parentOf(path), tree => void tree.set(path, inode))
    return inode
  }

  write(path: string, content: Buffer | string): void {
    const temporary = `${path}.tmp`
    if (this.exists(temporary)) this.unlink(temporary)
    this.put(this.open(normal(temporary), true), [Buffer.from(content)], 0)
    this.rename(temporary, path)
  }

  /** Writes into a file, or fails as told, having written a part. */
  put(inode: Inode, buffers: readonly Buffer[], position: number): void {
    const bytes = Buffer.concat(buffers)
    if (this.writesUntilFailure <= 0) {
      inode.write(bytes.subarray(0, Math.floor(bytes.length * this.failureFraction)), position)
      throw failure(this.failureCode, 'simulated')
    }
    this.writesUntilFailure--
    inode.write(bytes, position)
  }

  sync(inode: Inode): void {
    if (!this.syncsAreLost) inode.sync()
  }

  file(path: string): RandomFile {
    return new SimulatedFile(this, normal(path))
  }

  exists(path: string): boolean {
    return this.#live.has(normal(path))
  }

  inode(path: string): Inode | null {
    const found = this.#live.get(normal(path))
    return found instanceof Inode ? found : null
  }

  modifiedMs(): number {
    return 0
  }

  list(directory: string): DirectoryEntry[] {
    const at = normal(directory)
    if (this.#live.get(at) !== 'directory') throw failure('ENOENT', at)
    return [...this.#live]
      .filter(([path]) => path !== '/' && parentOf(path) === at)
      .map(([path, entry]) => ({ name: path.slice(at.length + 1), directory: entry === 'directory' }))
  }

  mkdir(path: string): void {
    const at = normal(path)
    if (this.#live.has(at)) return
    this.mkdir(parentOf(at))
    this.#rename(parentOf(at), tree => void tree.set(at, 'directory'))
  }

  rename(from: string, to: string): void {
    const [source, target] = [normal(from), normal(to)]
    if (!this.#live.has(source)) throw failure('ENOENT', source)
    this.#rename(parentOf(target), tree => {
      for (const [path, entry] of [...tree]) {
        if (path !== source && !path.startsWith(`${source}/`)) continue
        tree.delete(path)
        tree.set(target + path.slice(source.length), entry)
      }
    })
  }

  unlink(path: string): void {
    const at = normal(path)
    if (this.#live.has(at)) this.#rename(parentOf(at), tree => void tree.delete(at))
  }

  async removeTree(path: string): Promise<void> {
    const at = normal(path)
    for (const name of [...this.#live.keys()]) if (name === at || name.startsWith(`${at}/`)) this.unlink(name)
  }

  read(path: string): Buffer | null {
    const inode = this.inode(path)
    return inode === null ? null : Buffer.from(inode.data)
  }

  replace(path: string, content: Buffer | string): void {
    const temporary = `${path}.tmp`
    const inode = this.open(normal(temporary), true)
    inode.truncate(0)
    this.put(inode, [Buffer.from(content)], 0)
    this.sync(inode)
    this.rename(temporary, path)
    this.syncDirectoryNow(parentOf(normal(path)))
  }

  async replaceLater(path: string, content: Buffer | string): Promise<void> {
    this.replace(path, content)
  }

  createExclusive(path: string, content: string): boolean {
    if (this.exists(path)) return false
    this.put(this.open(normal(path), true), [Buffer.from(content)], 0)
    return true
  }

  async syncDirectory(path: string): Promise<void> {
    this.syncDirectoryNow(path)
  }

  syncDirectoryNow(path: string): void {
    if (this.syncsAreLost) return
    const at = normal(path)
    this.#renamings = this.#renamings.filter(({ directory, apply }) => {
      if (directory !== at) return true
      apply(this.#kept)
      return false
    })
  }

  usage(): { totalBytes: number; usableBytes: number } {
    return { totalBytes: 1, usableBytes: 1 }
  }
}

function settled(data: Buffer): Inode {
  const inode = new Inode()
  inode.data = data
  inode.synced = data
  return inode
}

/** What a disk may have of a file: any part of what was not synced, later writes without earlier ones too. */
function survivor(inode: Inode, next: Next): Buffer {
  let data = inode.synced
  const fate = next()
  for (const change of inode.changes) {
    if (fate < 0.3 || (fate < 0.6 && next() < 0.3)) continue
    if ('size' in change) data = cut(data, change.size)
    else {
      const torn = fate < 0.8 && next() < 0.3
      const length = torn ? Math.floor(next() * change.bytes.length) : change.bytes.length
      data = written(data, change.bytes.subarray(0, length), change.position)
    }
  }
  return data
}

class SimulatedFile implements RandomFile {
  path: string
  readonly #files: SimulatedFiles
  #inode: Inode | null = null

  constructor(files: SimulatedFiles, path: string) {
    this.#files = files
    this.path = path
  }

  #open(create: boolean): Inode {
    this.#inode ??= this.#files.open(this.path, create)
    return this.#inode
  }

  size(): number {
    return (this.#inode ?? this.#files.inode(this.path))?.data.length ?? 0
  }

  create(): void {
    this.#open(true)
  }

  read(into: Buffer, at: number, length: number, position: number): number {
    return this.#open(false).data.copy(into, at, position, position + length)
  }

  writev(buffers: readonly Buffer[], position: number): void {
    this.#files.put(this.#open(true), buffers, position)
  }

  truncate(size: number): void {
    this.#open(true).truncate(size)
  }

  async sync(): Promise<void> {
    this.#files.sync(this.#open(false))
  }

  rename(path: string): void {
    this.#files.rename(this.path, path)
    this.path = normal(path)
  }

  close(): void {
    this.#inode = null
  }

  unlink(): void {
    this.#inode = null
    this.#files.unlink(this.path)
  }
}
