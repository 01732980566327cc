/**
 * The files of the page. In the package and in the executable this module is put in place by scripts/console.mjs, with the files in it; in a checkout they are
 * made when they are first asked for.
 */
import { offLoop } from '../base/off-loop.ts'

/** A file as it is sent. */
export interface PageFile {
  readonly contentType: string
  readonly text: string
  readonly gzip: Buffer
}

/** By path: the page itself is `/`. */
export async function pageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const builder = new URL('../../scripts/console.mjs', import.meta.url).href
  const { builtPage } = await offLoop(import(builder))
  return builtPage()
}
