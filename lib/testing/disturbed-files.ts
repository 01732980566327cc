/** The files of a data directory, whose disk a test may fill, or have tear what is written. */
import type { Files, RandomFile } from '../../storage/file-system.ts'
import type { NamesOf } from '../base/names.ts'
import { systemErrorOf } from '../base/system-error.ts'
import { checkNames } from './given.ts'
import type { DiskDisturbance, TestDisk } from './options.ts'

const names: NamesOf<DiskDisturbance> = { path: true, torn: true }

/** See the head of the file. */
export class DisturbedDisk implements TestDisk {
  readonly #disturbances: DiskDisturbance[] = []
  #isThere = false

  disturb(disturbance: DiskDisturbance): AsyncDisposable {
    checkNames('disturb', disturbance, names)
    if (!this.#isThere) throw new TypeError('everything is in memory: there is no disk (start with data)')
    const { path = '', torn = 0 } = disturbance
    if (typeof path !== 'string') throw new RangeError(`path is ${path}; it takes text`)
    if (!(torn >= 0)) throw new RangeError(`torn is ${torn}; it takes a number of bytes`)
    this.#disturbances.push(disturbance)
    return {
      [Symbol.asyncDispose]: async () => {
        const at = this.#disturbances.indexOf(disturbance)
        if (at >= 0) this.#disturbances.splice(at, 1)
      },
    }
  }

  restore(): void {
    this.#disturbances.length = 0
  }

  /** The files with what tests do to them. */
  around(files: Files): Files {
    this.#isThere = true
    const wrapped: Files = Object.create(files, {
      file: { value: (path: string) => this.#file(files.file(path)) },
    })
    for (const name of ['mkdir', 'write', 'replace', 'replaceLater', 'createExclusive'] as const) {
      Object.defineProperty(wrapped, name, {
        value: (path: string, ...rest: never[]) => {
          this.#check(path)
          return (files[name] as (path: string, ...rest: never[]) => unknown)(path, ...rest)
        },
      })
    }
    return wrapped
  }

  #file(file: RandomFile): RandomFile {
    return Object.create(file, {
      path: { get: () => file.path },
      create: {
        value: () => {
          this.#check(file.path)
          file.create()
        },
      },
      writev: { value: (buffers: readonly Buffer[], position: number) => this.#writev(file, buffers, position) },
      ...bound(file),
    })
  }

  #writev(file: RandomFile, buffers: readonly Buffer[], position: number): void {
    const found = this.#find(file.path)
    if (found === undefined) {
      file.writev(buffers, position)
      return
    }
    const written = Buffer.concat(buffers).subarray(0, found.torn ?? 0)
    if (written.length > 0) file.writev([written], position)
    throw full(file.path)
  }

  #check(path: string): void {
    if (this.#find(path) !== undefined) throw full(path)
  }

  #find(path: string): DiskDisturbance | undefined {
    return this.#disturbances.find(each => path.includes(each.path ?? ''))
  }
}

/** Methods that reach their own private fields through the file itself. */
function bound(file: RandomFile): PropertyDescriptorMap {
  const names = [
    'size',
    'read',
    'truncate',
    'sync',
    'syncNow',
    'rename',
    'close',
    'lend',
    'takeBack',
    'unlink',
  ] as const
  return Object.fromEntries(names.map(name => [name, { value: (file[name] as () => unknown).bind(file) }]))
}

function full(path: string): Error {
  return systemErrorOf('ENOSPC', `no space is left for ${path}, as a test has it`)
}
