/** Long work behind the console's answers: in pieces, between which the broker serves others. */
import type { Clock } from '../base/clock.ts'
import { slicesOf } from '../base/shared-slices.ts'

/** Things that are looked at between two turns of others at the most, and between two looks at the clock; and partitions that a broker is asked for at once. */
const [stepsMax, stepCount, pieceMax] = [2_000, 100, 200]

/** Resolves when others have had their turn. */
export function turnOver(clock: Clock): Promise<void> {
  return new Promise(resolve => clock.immediate(resolve))
}

/** Does something with each of many things. */
export async function forEachInTurns<T>(clock: Clock, all: readonly T[], work: (each: T) => void): Promise<void> {
  const slices = slicesOf(clock)
  for (let at = 0; at < all.length; at += stepCount) {
    if (at % stepsMax === 0 || slices.isOver) await slices.next()
    for (let i = at; i < Math.min(at + stepCount, all.length); i++) work(all[i]!)
  }
}

/** Asks for many things a piece at a time, at least once. */
export async function inPieces<T, A>(all: readonly T[], ask: (piece: readonly T[]) => Promise<A>): Promise<A[]> {
  const answers = [await ask(all.slice(0, pieceMax))]
  for (let at = pieceMax; at < all.length; at += pieceMax) answers.push(await ask(all.slice(at, at + pieceMax)))
  return answers
}
