/** One page of a list. */

/** Where it begins, and how many rows it has. */
export interface Page {
  readonly from: number
  readonly limit: number
}

export const [limitDefault, limitMax] = [50, 200]

export function pageOf<Row>(rows: readonly Row[], { from, limit }: Page): readonly Row[] {
  return rows.slice(from, from + limit)
}
