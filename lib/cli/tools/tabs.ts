/** Tables whose cells are as wide as their column, with a tab behind each, as some of Kafka's tools print them. */

/** The first row are the titles. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row => `${row.map((cell, column) => `${cell.padEnd(widths[column]!)}\t`).join('')}\n`).join('')
}
