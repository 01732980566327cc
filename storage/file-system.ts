/** The file system as the log needs it. The real one is in `files.ts`, its twin in memory in `memory-files.ts`. */

/**
 * A file read and written at any position. It is opened on first use, and again after `close`: handles are borrowed from a
 * bounded number, so that ten thousand idle partitions hold none. Errors are those of Node (`code` ENOSPC, EIO …).
 */
export interface RandomFile {
  /** Where it is; changes by `rename`. */
  readonly path: string
  /** Bytes now; 0 where there is no such file. */
  size(): number
  /** Makes it, empty, unless it exists. */
  create(): void
  /** Reads up to `length` bytes into `into` at `at`; gives how many there were. */
  read(into: Buffer, at: number, length: number, position: number): number
  /** Writes all the buffers one behind the other, or throws. Keeps no reference to them. */
  writev(buffers: readonly Buffer[], position: number): void
  /** Cuts or lengthens with zeros. */
  truncate(size: number): void
  /** Resolves once all that was written is on the disk. */
  sync(): Promise<void>
  /** The same, waiting for it. */
  syncNow(): void
  rename(path: string): void
  /** Gives the handle back; the next use takes one again. */
  close(): void
  /** The handle, for others to read by, open until `takeBack` was called as often as this; -1 where there is none. */
  lend(): number
  takeBack(): void
  /** Removes the file, if there is one. */
  unlink(): void
}

/** An entry of a directory. */
export interface DirectoryEntry {
  readonly name: string
  readonly directory: boolean
}

/** What the log asks of a file system; synchronous where the answer is quick, asynchronous where a disk must turn. */
export interface Files {
  /** Whether what is written outlives the process. */
  readonly durable: boolean
  file(path: string): RandomFile
  exists(path: string): boolean
  /** When the content last changed, ms since the epoch; 0 where there is no such file. */
  modifiedMs(path: string): number
  list(directory: string): DirectoryEntry[]
  /** With all the directories above it. */
  mkdir(path: string): void
  rename(from: string, to: string): void
  unlink(path: string): void
  /** Removes a directory with all that is in it. */
  removeTree(path: string): Promise<void>
  /** The whole content, null where there is no such file. */
  read(path: string): Buffer | null
  /** Puts content in place of a file at once. After a power failure it may be neither; `RandomFile.sync` makes it last. */
  write(path: string, content: Buffer | string): void
  /** The same, and waits for the disk: after a power failure either the old or the new is there, and whole. */
  replace(path: string, content: Buffer | string): void
  /**
   * `replace` that lets others work while the disk turns. Not twice at once for one path. The file stays as it is where `isWanted` says so
   * once the disk has the content.
   */
  replaceLater(path: string, content: Buffer | string, isWanted?: () => boolean): Promise<void>
  /** Makes a file that was not there, with all of its content at once; false where it was. */
  createExclusive(path: string, content: string): boolean
  /** Where a symbolic link leads; null where there is none. */
  linkTarget(path: string): string | null
  /** Makes names that appeared in or left a directory last. */
  syncDirectory(path: string): Promise<void>
  /** The same, waiting for it. */
  syncDirectoryNow(path: string): void
  /** Bytes of the volume that holds the path. */
  usage(path: string): { totalBytes: number; usableBytes: number }
}
