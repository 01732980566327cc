/**
 * A map that never changes: one with some other entries is made by copying a few pieces, and shares the rest with it.
 * For what is many and changes one by one.
 */

/** As a power of two. A piece of 10,000 entries has 40. */
const piecesBits = 8
const piecesMask = (1 << piecesBits) - 1

export class PieceMap<V> {
  readonly #pieces: readonly ReadonlyMap<string, V>[]
  readonly size: number

  private constructor(pieces: readonly ReadonlyMap<string, V>[], size: number) {
    this.#pieces = pieces
    this.size = size
  }

  static empty<V>(): PieceMap<V> {
    return new PieceMap(new Array<ReadonlyMap<string, V>>(piecesMask + 1).fill(new Map()), 0)
  }

  get(key: string): V | undefined {
    return this.#pieces[pieceOf(key)]!.get(key)
  }

  has(key: string): boolean {
    return this.#pieces[pieceOf(key)]!.has(key)
  }

  /** In no order. */
  *values(): IterableIterator<V> {
    for (const piece of this.#pieces) yield* piece.values()
  }

  /** The same with other values, and without the keys whose value is null. */
  with(changes: ReadonlyMap<string, V | null>): PieceMap<V> {
    if (changes.size === 0) return this
    const pieces = this.#pieces.slice()
    const copied = new Map<number, Map<string, V>>()
    let { size } = this
    for (const [key, value] of changes) {
      const at = pieceOf(key)
      let piece = copied.get(at)
      if (piece === undefined) {
        piece = new Map(pieces[at])
        copied.set(at, piece)
        pieces[at] = piece
      }
      size -= piece.size
      if (value === null) piece.delete(key)
      else piece.set(key, value)
      size += piece.size
    }
    return new PieceMap(pieces, size)
  }
}

/** FNV-1a. */
function pieceOf(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return (hash ^ (hash >>> 16)) & piecesMask
}
