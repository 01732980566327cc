/** Unpacks a tar archive that was compressed with gzip: names, directories, files and their modes, as `tar --format=ustar` writes them. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const blockBytes = 512

/** Unpacks all of an archive into a directory. Throws where it is not of the kind described above. */
export function unpack(archive: URL, into: string): void {
  const tar = gunzipSync(readFileSync(archive))
  for (let at = 0; at + blockBytes <= tar.length && tar[at] !== 0; ) {
    const text = (from: number, length: number) =>
      tar.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '')
    const size = Number.parseInt(text(124, 12), 8)
    const path = join(into, text(345, 155), text(0, 100))
    const type = text(156, 1)
    const mode = Number.parseInt(text(100, 8), 8)
    at += blockBytes
    if (type === '5') mkdirSync(path, { recursive: true })
    else if (type === '0' || type === '') {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, tar.subarray(at, at + size))
      chmodSync(path, mode)
    } else throw new Error(`${path} is of type ${type}, which is not unpacked`)
    at += Math.ceil(size / blockBytes) * blockBytes
  }
}
