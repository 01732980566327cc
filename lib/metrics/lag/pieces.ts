/** Partitions by who leads them, in pieces of which none is much to ask for, and to answer. Pure. */

/** Indexes by topic. */
export type Piece = ReadonlyMap<string, readonly number[]>

/** Partitions of all brokers together, and of one piece. */
const [partitionsMax, pieceMax] = [10_000, 500]

/** Those beyond the bound are left out, and those without a leader (−1). */
export function inPieces(
  wanted: ReadonlyMap<string, ReadonlySet<number>>,
  leaderOf: (topic: string, index: number) => number,
): Map<number, Piece[]> {
  const byLeader = new Map<number, { pieces: Map<string, number[]>[]; count: number }>()
  let all = 0
  for (const [topic, indexes] of wanted) {
    for (const index of indexes) {
      const leader = leaderOf(topic, index)
      if (leader < 0) continue
      if (++all > partitionsMax) return piecesIn(byLeader)
      const of = byLeader.get(leader) ?? { pieces: [], count: 0 }
      byLeader.set(leader, of)
      if (of.count++ % pieceMax === 0) of.pieces.push(new Map())
      const piece = of.pieces.at(-1)!
      const known = piece.get(topic)
      if (known === undefined) piece.set(topic, [index])
      else known.push(index)
    }
  }
  return piecesIn(byLeader)
}

function piecesIn(byLeader: ReadonlyMap<number, { readonly pieces: Piece[] }>): Map<number, Piece[]> {
  return new Map([...byLeader].map(([leader, { pieces }]) => [leader, pieces]))
}
