/**
 * A file system in memory: for `--ephemeral` brokers and tests. Nothing outlives the object. A copy of all of it costs next to nothing: pieces of
 * files are shared until one of the two writes to them.
 */
import { assert } from '../lib/base/assert.ts'
import type { DirectoryEntry, Files, RandomFile } from './file-system.ts'

/** Bytes of a piece of a file; a short file has one smaller piece, which doubles. */
const chunkBytes = 256 * 1024
const firstChunkBytes = 512

class Content {
  chunks: Buffer[] = []
  /** How many of the first pieces a copy may share, and which of these are this file's own again; null where there are none. */
  #shared: { readonly count: number; readonly own: Set<number> } | null = null
  size = 0
  modifiedMs = 0

  read(into: Buffer, at: number, length: number, position: number): number {
    const end = Math.min(position + length, this.size)
    let from = position
    while (from < end) {
      const chunk = this.chunks[Math.floor(from / chunkBytes)]
      const start = from % chunkBytes
      const count = chunk.copy(into, at, start, Math.min(start + end - from, chunk.length))
      at += count
      from += count
    }
    return Math.max(0, end - position)
  }

  /** The same content, as it is now. */
  copy(): Content {
    const copy = new Content()
    copy.chunks = [...this.chunks]
    copy.size = this.size
    copy.modifiedMs = this.modifiedMs
    copy.#share()
    this.#share()
    return copy
  }

  write(buffer: Buffer, position: number): void {
    this.#reserve(position + buffer.length)
    let from = 0
    while (from < buffer.length) {
      const chunk = this.#ownChunk(Math.floor(position / chunkBytes))
      const count = buffer.copy(chunk, position % chunkBytes, from)
      from += count
      position += count
    }
    if (position > this.size) this.size = position
  }

  truncate(size: number): void {
    if (size >= this.size) {
      this.#reserve(size)
      this.size = size
      return
    }
    this.size = size
    this.chunks.length = Math.ceil(size / chunkBytes)
    if (size % chunkBytes !== 0) this.#ownChunk(this.chunks.length - 1).fill(0, size % chunkBytes)
  }

  #share(): void {
    this.#shared = this.chunks.length === 0 ? null : { count: this.chunks.length, own: new Set() }
  }

  /** A piece that may be written to. */
  #ownChunk(index: number): Buffer {
    const shared = this.#shared
    if (shared !== null && index < shared.count && !shared.own.has(index)) {
      this.chunks[index] = Buffer.from(this.chunks[index])
      shared.own.add(index)
    }
    return this.chunks[index]
  }

  #reserve(size: number): void {
    const count = Math.ceil(size / chunkBytes)
    const { chunks } = this
    if (count <= 1) {
      const had = chunks.length === 0 ? 0 : chunks[0].length
      if (size <= had) return
      let length = Math.max(firstChunkBytes, had)
      while (length < size) length *= 2
      this.#grow(0, length)
      return
    }
    if (chunks.length > 0 && chunks[0].length < chunkBytes) this.#grow(0, chunkBytes)
    while (chunks.length < count) this.#grow(chunks.length, chunkBytes)
  }

  #grow(index: number, length: number): void {
    const grown = Buffer.alloc(length)
    this.chunks[index]?.copy(grown)
    this.chunks[index] = grown
    this.#shared?.own.add(index)
  }
}

type Directory = Map<string, Content | Directory>

function missing(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file or directory, '${path}'`), { code: 'ENOENT' })
}

/** See the head of the file. */
export class MemoryTree implements Files {
  readonly durable = false
  #root: Directory = new Map()

  /** Another file system with what is in this one now. */
  copy(): MemoryTree {
    const copy = new MemoryTree()
    copy.#root = copyOf(this.#root)
    return copy
  }

  /** The directory that a path's last part is in, and that part. */
  parent(path: string): [Directory, string] {
    const parts = path.split('/').filter(part => part !== '')
    const name = parts.pop()
    assert(name !== undefined, 'the root is no file')
    let directory = this.#root
    for (const part of parts) {
      const next = directory.get(part)
      if (!(next instanceof Map)) throw missing(path)
      directory = next
    }
    return [directory, name]
  }

  find(path: string): Content | Directory | undefined {
    try {
      const [directory, name] = this.parent(path)
      return directory.get(name)
    } catch {
      return undefined
    }
  }

  file(path: string): RandomFile {
    return new MemoryFile(this, path)
  }

  exists(path: string): boolean {
    return this.find(path) !== undefined
  }

  modifiedMs(path: string): number {
    const found = this.find(path)
    return found instanceof Content ? found.modifiedMs : 0
  }

  list(path: string): DirectoryEntry[] {
    const found = this.find(path)
    if (!(found instanceof Map)) throw missing(path)
    return [...found].map(([name, entry]) => ({ name, directory: entry instanceof Map }))
  }

  mkdir(path: string): void {
    let directory = this.#root
    for (const part of path.split('/')) {
      if (part === '') continue
      let next = directory.get(part)
      if (next === undefined) {
        next = new Map()
        directory.set(part, next)
      }
      if (!(next instanceof Map)) throw Object.assign(new Error(`EEXIST: '${path}'`), { code: 'EEXIST' })
      directory = next
    }
  }

  rename(from: string, to: string): void {
    const [source, name] = this.parent(from)
    const entry = source.get(name)
    if (entry === undefined) throw missing(from)
    const [target, newName] = this.parent(to)
    source.delete(name)
    target.set(newName, entry)
  }

  unlink(path: string): void {
    if (!this.exists(path)) return
    const [directory, name] = this.parent(path)
    directory.delete(name)
  }

  async removeTree(path: string): Promise<void> {
    this.unlink(path)
  }

  read(path: string): Buffer | null {
    const found = this.find(path)
    if (!(found instanceof Content)) return null
    const whole = Buffer.allocUnsafe(found.size)
    found.read(whole, 0, found.size, 0)
    return whole
  }

  replace(path: string, content: Buffer | string): void {
    this.write(path, content)
  }

  write(path: string, content: Buffer | string): void {
    const [directory, name] = this.parent(path)
    const fresh = new Content()
    fresh.write(typeof content === 'string' ? Buffer.from(content) : content, 0)
    directory.set(name, fresh)
  }

  async replaceLater(path: string, content: Buffer | string, isWanted = () => true): Promise<void> {
    if (isWanted()) this.write(path, content)
  }

  createExclusive(path: string, content: string): boolean {
    if (this.exists(path)) return false
    this.replace(path, content)
    return true
  }

  linkTarget(): null {
    return null
  }

  async syncDirectory(): Promise<void> {}

  syncDirectoryNow(): void {}

  usage(): { totalBytes: number; usableBytes: number } {
    return { totalBytes: -1, usableBytes: -1 }
  }
}

class MemoryFile implements RandomFile {
  path: string
  readonly #tree: MemoryTree
  #content: Content | null = null

  constructor(tree: MemoryTree, path: string) {
    this.#tree = tree
    this.path = path
  }

  #open(create: boolean): Content {
    if (this.#content !== null) return this.#content
    const [directory, name] = this.#tree.parent(this.path)
    let found = directory.get(name)
    if (found === undefined) {
      if (!create) throw missing(this.path)
      found = new Content()
      directory.set(name, found)
    }
    assert(found instanceof Content, `${this.path} is a directory`)
    this.#content = found
    return found
  }

  size(): number {
    if (this.#content !== null) return this.#content.size
    const found = this.#tree.find(this.path)
    return found instanceof Content ? found.size : 0
  }

  create(): void {
    this.#open(true)
  }

  read(into: Buffer, at: number, length: number, position: number): number {
    return this.#open(false).read(into, at, length, position)
  }

  writev(buffers: readonly Buffer[], position: number): void {
    const content = this.#open(true)
    for (const buffer of buffers) {
      content.write(buffer, position)
      position += buffer.length
    }
  }

  truncate(size: number): void {
    this.#open(true).truncate(size)
  }

  async sync(): Promise<void> {}

  syncNow(): void {}

  rename(path: string): void {
    this.#tree.rename(this.path, path)
    this.path = path
  }

  close(): void {
    this.#content = null
  }

  lend(): number {
    return -1
  }

  takeBack(): void {}

  unlink(): void {
    this.#content = null
    this.#tree.unlink(this.path)
  }
}

function copyOf(directory: Directory): Directory {
  const copy: Directory = new Map()
  for (const [name, entry] of directory) copy.set(name, entry instanceof Map ? copyOf(entry) : entry.copy())
  return copy
}

/** A new, empty file system that lives in this process's memory. */
export function memoryFiles(): MemoryTree {
  return new MemoryTree()
}
