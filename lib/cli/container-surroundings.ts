/** The environment of this process as lib/container takes it, and the files that its variables name. */
import { diskFiles } from '../../storage/files.ts'
import { environmentOf } from '../container/environment.ts'

/** The content of a file; null where it is not there, or may not be read. */
export function readText(path: string): string | null {
  try {
    return diskFiles.read(path)?.toString('utf8') ?? null
  } catch {
    return null
  }
}

/** The variables of this process, with those that a shell above it has dropped. */
export function variablesHere(): Record<string, string> {
  // The first process of a container has all that the container was given; there may be a shell between.
  return environmentOf(process.env, [readText('/proc/1/environ'), readText(`/proc/${process.ppid}/environ`)])
}
