/**
 * Makes the machine's free memory warm. A virtual machine that gives free pages back to its host pays eight times as much for the
 * first write to each of them (2.5 instead of 0.3 CPU seconds per GB where this was written), and a broker pays that for every
 * page of a new file: luck, not its own work, would be most of what is measured. What is given back first is whatever is free
 * beyond some bound (1 GB there), so more is not better: 900 MB stayed warm for seconds, and of 1,500 MB little did.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const blockBytes = 1024 * 1024

/** Writes so many bytes into a file and deletes it: its pages are free, and warm, for the next seconds. */
export function warmMemory(bytes: number): void {
  if (bytes <= 0) return
  const directory = mkdtempSync(join(tmpdir(), 'warm-'))
  const block = Buffer.alloc(blockBytes, 1)
  const file = openSync(join(directory, 'pages'), 'w')
  for (let written = 0; written < bytes; written += blockBytes) writeSync(file, block)
  closeSync(file)
  rmSync(directory, { recursive: true })
}
