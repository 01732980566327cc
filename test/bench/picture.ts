/** Draws the ratios: one bar for each figure, to the left of the line where this broker needs less or does more. */

import { inTheKernel } from './measures.ts'

/** One line of the report's tables. */
interface Bar {
  readonly label: string
  /** This broker's figure as a multiple of the other's, or the inverse where more is better: below 1 is good. */
  readonly cost: number
}

/** Units that say again, or of fewer cases, what another one says of the same run. */
const notDrawn = ['p99.9 ms', 'CPU s/million records']

/** Units of which more is better. */
const moreIsBetter = ['MB/s', 'requests/s']

/** Reads the tables back out of the report, so that sections which were measured at other times are in the picture too. */
export function barsOf(report: string, sections: readonly string[]): Bar[] {
  const bars: Bar[] = []
  for (const key of sections) {
    const from = report.indexOf(`<!-- bench ${key} -->`)
    const to = report.indexOf(`<!-- end of bench ${key} -->`)
    if (from < 0 || to < 0) continue
    for (const line of report.slice(from, to).split('\n')) {
      const [, name, unit, , , ratio] = line.split('|').map(cell => cell.trim())
      const value = Number(ratio)
      if (unit !== undefined && notDrawn.includes(unit)) continue
      if (name === undefined || unit === undefined || !ratio || !(value > 0) || name.endsWith(inTheKernel)) continue
      bars.push({ label: `${name} (${unit})`, cost: moreIsBetter.includes(unit) ? 1 / value : value })
    }
  }
  return bars
}

const rowHeight = 18
const nameWidth = 330
const plotWidth = 470
const margin = 14
/** The axis is logarithmic, from a 32nd to 4. */
const doublingsLeft = 5
const doublingsRight = 2

function x(ratio: number): number {
  const doublings = Math.max(-doublingsLeft, Math.min(doublingsRight, Math.log2(ratio)))
  return nameWidth + ((doublings + doublingsLeft) / (doublingsLeft + doublingsRight)) * plotWidth
}

/** An SVG picture. */
export function pictureOf(shown: readonly Bar[], rival: string): string {
  const height = margin * 4 + shown.length * rowHeight
  const width = nameWidth + plotWidth + margin * 4
  const text = (at: number, y: number, content: string, more = '') =>
    `<text x="${at.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${content}</text>`
  const parts: string[] = []
  for (let doublings = -doublingsLeft; doublings <= doublingsRight; doublings++) {
    const at = x(2 ** doublings)
    const stroke = doublings === 0 ? '#333' : '#ddd'
    parts.push(`<line x1="${at}" x2="${at}" y1="${margin * 2}" y2="${height - margin}" stroke="${stroke}"/>`)
    const label = doublings < 0 ? `1/${2 ** -doublings}` : `${2 ** doublings}`
    parts.push(text(at, margin * 1.6, label, 'text-anchor="middle" fill="#666"'))
  }
  for (const [index, { label: name, cost }] of shown.entries()) {
    const y = margin * 2.5 + index * rowHeight
    const [left, right] = [Math.min(x(1), x(cost)), Math.max(x(1), x(cost))]
    const fill = cost <= 1 ? '#2a7' : '#c63'
    const [label, anchor] = cost <= 1 ? [left - 4, 'end'] : [right + 4, 'start']
    parts.push(text(nameWidth - 60, y + rowHeight * 0.65, name, 'text-anchor="end"'))
    parts.push(
      `<rect x="${left.toFixed(1)}" y="${y.toFixed(1)}" width="${(right - left).toFixed(1)}" height="${rowHeight - 5}" fill="${fill}"/>`,
    )
    parts.push(text(label, y + rowHeight * 0.65, cost.toFixed(2), `text-anchor="${anchor}" fill="#333"`))
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">
<title>Ottla as a multiple of ${rival}: time, CPU and memory per unit of work; shorter is better</title>
<rect width="100%" height="100%" fill="white"/>
${parts.join('\n')}
</svg>
`
}
