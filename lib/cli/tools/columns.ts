/** Text in columns, as printf of Java makes them. */

/** One line: each cell as wide as its column, a space between; a column without a width ends the line as it is. */
export function columns(widths: readonly number[], cells: readonly (string | number)[]): string {
  return cells.map((cell, index) => String(cell).padEnd(widths[index] ?? 0)).join(' ')
}

/** A width that holds a column's cells, and is no less than `least`. */
export function widthOf(least: number, cells: Iterable<string>): number {
  let width = least
  for (const cell of cells) width = Math.max(width, cell.length)
  return width
}
