/**
 * A file system that can fail and crash: it knows what a disk would have kept. A killed process loses nothing that it wrote, but
 * what was not synced is still only in the machine's memory; a power failure loses any writes, cuts and names that were not synced,
 * in part or whole. A write that fails, or during which the process dies, is done in part.
 */
import { assert } from '../../lib/base/assert.ts'
import type { DirectoryEntry, Files, RandomFile } from '../../storage/files.ts'
import { Inode, type Next } from './simulated-inode.ts'

type Entry = Inode | 'directory'

type Tree = Map<string, Entry>

/** A change of names in a directory, which must be synced for it to last. */
type Naming = { readonly directory: string; readonly number: number } & (
  | { readonly path: string; readonly entry: Entry | null }
  | { readonly from: string; readonly to: string }
)

function applyTo(tree: Tree, naming: Naming): void {
  if ('path' in naming) {
    if (naming.entry === null) tree.delete(naming.path)
    else tree.set(naming.path, naming.entry)
    return
  }
  const { from, to } = naming
  const moved = tree.get(from)
  if (moved !== 'directory') {
    // A file that never was on the disk by its first name cannot take the second.
    tree.delete(from)
    if (moved !== undefined) tree.set(to, moved)
    return
  }
  for (const [path, entry] of [...tree]) {
    if (path !== from && !path.startsWith(`${from}/`)) continue
    tree.delete(path)
    tree.set(to + path.slice(from.length), entry)
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

function normal(path: string): string {
  if (!path.includes('/.') && !path.includes('//') && !path.endsWith('/')) return path
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** An error as Node gives it. */
export function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: '${path}'`), { code })
}

/** Thrown into a process that is dead. It passes for an error of the disk, after which a log does nothing any more. */
export class Died extends Error {
  readonly code = 'EIO'

  constructor() {
    super('the process died')
    this.name = 'Died'
  }
}

/** What is asked of the disk. */
export type StepKind = 'read' | 'write' | 'name' | 'sync'

/** See the head of the file. `killed` and `lostPower` give the file system that the next process finds. */
export class SimulatedFiles implements Files {
  readonly durable = true
  /** Syncs do nothing from now on: a disk that lies, or a broker that forgets. */
  syncsAreLost = false
  /** Writes that succeed before one fails with `failureCode`. */
  writesUntilFailure = Number.POSITIVE_INFINITY
  failureCode = 'ENOSPC'
  /** How much of it is written all the same, 0 to 1. */
  failureFraction = 0.5
  #live: Tree = new Map([['/', 'directory']])
  #kept: Tree = new Map(this.#live)
  #namings: Naming[] = []
  #named = 0
  /** Directories whose names the disk has, but not where they are: by path, how many changes. */
  #owed = new Map<string, number>()

  /** The process was killed: what it wrote stays. */
  killed(): this {
    const clones = new Map<Inode, Inode>()
    const cloned = (entry: Entry | null) => {
      if (!(entry instanceof Inode)) return entry
      const clone = clones.get(entry) ?? entry.clone()
      clones.set(entry, clone)
      return clone
    }
    const clonedTree = (tree: Tree): Tree => new Map([...tree].map(([path, entry]) => [path, cloned(entry) as Entry]))
    const next = this.#another()
    next.#live = clonedTree(this.#live)
    next.#kept = clonedTree(this.#kept)
    next.#namings = this.#namings.map(each => ('path' in each ? { ...each, entry: cloned(each.entry) } : each))
    next.#named = this.#named
    next.#owed = new Map(this.#owed)
    return next
  }

  /** The machine lost its power. In each directory the order of changes is kept. */
  lostPower(next: Next): this {
    const counts = new Map<string, number>()
    const apart = next() < 0.5 && !this.#namings.some(each => 'from' in each && this.#live.get(each.to) === 'directory')
    const keptUpTo = (directory: string) => {
      const key = apart ? directory : '/'
      const all = this.#namings.filter(each => !apart || each.directory === directory)
      const number = counts.get(key) ?? all[Math.floor((1 - next()) * (all.length + 1))]?.number ?? this.#named
      counts.set(key, number)
      return number
    }
    const owed = new Set<string>()
    for (const each of this.#namings) {
      const isOwed = owed.has(each.directory) && each.number < this.#owed.get(each.directory)!
      if (!isOwed && each.number >= keptUpTo(each.directory)) continue
      applyTo(this.#kept, each)
      if ('path' in each && each.entry === 'directory' && this.#owed.has(each.path)) owed.add(each.path)
    }
    const tree: Tree = new Map()
    for (const [path, entry] of this.#kept) {
      if (this.#hasParents(path)) tree.set(path, entry === 'directory' ? entry : entry.survivor(next))
    }
    const found = this.#another()
    found.#live = tree
    found.#kept = new Map(tree)
    return found
  }

  /** Called before anything is done; throws where it is not to be done. */
  enter(_kind: StepKind): void {}

  /** Called where a descriptor is taken; throws where there is none. */
  take(_path: string): void {}

  /** Does what takes a disk some time; by default at once. */
  async later(complete: () => void): Promise<void> {
    complete()
  }

  #another(): this {
    return new (this.constructor as new () => this)()
  }

  #hasParents(path: string): boolean {
    for (let at = path; at !== '/'; at = parentOf(at)) if (this.#kept.get(parentOf(at)) !== 'directory') return false
    return true
  }

  #name(directory: string, change: { path: string; entry: Entry | null } | { from: string; to: string }): void {
    this.enter('name')
    const naming = { directory, number: this.#named++, ...change }
    if ('from' in naming && this.#live.get(naming.from) === 'directory') this.#move(naming.from, naming.to)
    applyTo(this.#live, naming)
    this.#namings.push(naming)
  }

  /** What the disk lacks of a directory's names goes along with it. */
  #move(from: string, to: string): void {
    const moved = (path: string) => (path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path)
    this.#namings = this.#namings.map(each => {
      const directory = moved(each.directory)
      if (directory === each.directory) return each
      return 'path' in each
        ? { ...each, directory, path: moved(each.path) }
        : { ...each, directory, from: moved(each.from), to: moved(each.to) }
    })
    this.#owed = new Map([...this.#owed].map(([path, count]) => [moved(path), count]))
  }

  open(path: string, create: boolean): Inode {
    const found = this.#live.get(path)
    if (found instanceof Inode) return found
    if (!create) throw systemError('ENOENT', path)
    assert(this.#live.get(parentOf(path)) === 'directory', `${path} has no directory`)
    const inode = new Inode()
    this.#name(parentOf(path), { path, entry: inode })
    return inode
  }

  write(path: string, content: Buffer | string): void {
    this.take(path)
    const temporary = `${path}.tmp`
    if (this.exists(temporary)) this.unlink(temporary)
    this.put(this.open(normal(temporary), true), [Buffer.from(content)], 0)
    this.rename(temporary, path)
  }

  /** Writes into a file, or fails as told, having written a part. */
  put(inode: Inode, buffers: readonly Buffer[], position: number): void {
    const bytes = Buffer.concat(buffers)
    try {
      this.enter('write')
      if (this.writesUntilFailure <= 0) throw systemError(this.failureCode, 'simulated')
    } catch (error) {
      const part = bytes.subarray(0, Math.floor(bytes.length * this.failureFraction))
      if (part.length > 0) inode.change({ position, bytes: part })
      throw error
    }
    this.writesUntilFailure--
    inode.change({ position, bytes })
  }

  cut(inode: Inode, size: number): void {
    this.enter('write')
    inode.change({ size })
  }

  /** The disk has the file's first so many changes. */
  sync(inode: Inode, changeCount = inode.changeCount): void {
    this.enter('sync')
    if (!this.syncsAreLost) inode.sync(changeCount)
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
    this.take(directory)
    const at = normal(directory)
    if (this.#live.get(at) !== 'directory') throw systemError('ENOENT', at)
    const above = at === '/' ? at : `${at}/`
    const found: DirectoryEntry[] = []
    for (const [path, entry] of this.#live) {
      if (!path.startsWith(above) || path.length === above.length || path.includes('/', above.length)) continue
      found.push({ name: path.slice(above.length), directory: entry === 'directory' })
    }
    return found
  }

  mkdir(path: string): void {
    const at = normal(path)
    if (this.#live.has(at)) return
    this.mkdir(parentOf(at))
    this.#name(parentOf(at), { path: at, entry: 'directory' })
  }

  rename(from: string, to: string): void {
    const [source, target] = [normal(from), normal(to)]
    if (!this.#live.has(source)) throw systemError('ENOENT', source)
    this.#name(parentOf(target), { from: source, to: target })
  }

  unlink(path: string): void {
    const at = normal(path)
    if (this.#live.has(at)) this.#name(parentOf(at), { path: at, entry: null })
  }

  async removeTree(path: string): Promise<void> {
    this.take(path)
    const at = normal(path)
    for (const name of [...this.#live.keys()]) if (name === at || name.startsWith(`${at}/`)) this.unlink(name)
  }

  read(path: string): Buffer | null {
    this.enter('read')
    const inode = this.inode(path)
    if (inode !== null) this.take(path)
    return inode === null ? null : Buffer.from(inode.content.bytes)
  }

  replace(path: string, content: Buffer | string): void {
    const temporary = `${path}.tmp`
    const inode = this.#fresh(temporary, content)
    this.sync(inode)
    this.rename(temporary, path)
    this.syncDirectoryNow(parentOf(normal(path)))
  }

  async replaceLater(path: string, content: Buffer | string, isWanted = () => true): Promise<void> {
    const temporary = `${path}.later.tmp`
    const inode = this.#fresh(temporary, content)
    await this.later(() => this.sync(inode))
    if (!isWanted()) {
      this.unlink(temporary)
      return
    }
    this.rename(temporary, path)
    await this.syncDirectory(parentOf(normal(path)))
  }

  #fresh(path: string, content: Buffer | string): Inode {
    this.take(path)
    const inode = this.open(normal(path), true)
    if (inode.content.size > 0) this.cut(inode, 0)
    this.put(inode, [Buffer.from(content)], 0)
    return inode
  }

  createExclusive(path: string, content: string): boolean {
    if (this.exists(path)) return false
    this.put(this.open(normal(path), true), [Buffer.from(content)], 0)
    return true
  }

  linkTarget(): null {
    return null
  }

  async syncDirectory(path: string): Promise<void> {
    this.take(path)
    const named = this.#named
    await this.later(() => this.syncDirectoryNow(path, named))
  }

  /** The disk has all changes of names, or the first so many where its descriptor was taken before. */
  syncDirectoryNow(path: string, named = -1): void {
    if (named < 0) this.take(path)
    this.enter('sync')
    if (this.syncsAreLost) return
    this.#sync(normal(path), named < 0 ? this.#named : named)
  }

  #sync(at: string, count: number): void {
    if (this.#namings.some(each => 'path' in each && each.path === at && each.entry === 'directory')) {
      this.#owed.set(at, Math.max(count, this.#owed.get(at) ?? 0))
      return
    }
    const made: string[] = []
    this.#namings = this.#namings.filter(each => {
      if (each.directory !== at || each.number >= count) return true
      applyTo(this.#kept, each)
      if ('path' in each && each.entry === 'directory') made.push(each.path)
      return false
    })
    for (const path of made) {
      const owed = this.#owed.get(path)
      this.#owed.delete(path)
      if (owed !== undefined) this.#sync(path, owed)
    }
  }

  usage(): { totalBytes: number; usableBytes: number } {
    return { totalBytes: 1, usableBytes: 1 }
  }
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
    if (this.#inode === null) {
      this.#files.take(this.path)
      this.#inode = this.#files.open(this.path, create)
    }
    return this.#inode
  }

  size(): number {
    return (this.#inode ?? this.#files.inode(this.path))?.content.size ?? 0
  }

  create(): void {
    this.#open(true)
  }

  read(into: Buffer, at: number, length: number, position: number): number {
    this.#files.enter('read')
    return this.#open(false).content.bytes.copy(into, at, position, position + length)
  }

  writev(buffers: readonly Buffer[], position: number): void {
    this.#files.put(this.#open(true), buffers, position)
  }

  truncate(size: number): void {
    this.#files.cut(this.#open(true), size)
  }

  async sync(): Promise<void> {
    const inode = this.#open(false)
    const { changeCount } = inode
    await this.#files.later(() => this.#files.sync(inode, changeCount))
  }

  syncNow(): void {
    this.#files.sync(this.#open(false))
  }

  rename(path: string): void {
    this.#files.rename(this.path, path)
    this.path = normal(path)
  }

  close(): void {
    this.#inode = null
  }

  lend(): number {
    return -1
  }

  takeBack(): void {}

  unlink(): void {
    this.#inode = null
    this.#files.unlink(this.path)
  }
}
