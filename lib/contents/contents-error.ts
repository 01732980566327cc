/** What a broker is to have from its start on cannot be made or loaded. */

/** The message says which topic or record it is, and what to do. */
export class ContentsError extends Error {
  override readonly name = 'ContentsError'
}
