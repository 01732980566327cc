/**
 * Makes the machine's free memory warm. A virtual machine that gives free pages back to its host pays eight times as much for the
 * first write to each of them (2.5 instead of 0.3 CPU seconds per GB where this was written), and a broker pays that for every
 * page of a new file: luck, not its own work, would be most of what is measured. Where this was written a part of the free pages,
 * some hundred megabytes, is given back every two seconds; so what is made warm is more than a run writes, and short before it.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const megabyte = 1024 * 1024
const blockBytes = megabyte
const block = Buffer.alloc(blockBytes, 1)
/** For what is written beside the records, and for what is given back meanwhile. */
const spareMegabytes = 256
/** Between what warm and what cold pages cost. */
const warmCpuSecondsPerGigabyte = 0.7
const timesMax = 6
const settleMs = 20

/** Of a run that writes so much and whose client takes so much beside: how much to make warm before it. */
export function warmMegabytesFor(writtenMegabytes: number, clientMegabytes = 0): number {
  return Math.ceil(writtenMegabytes) + clientMegabytes + spareMegabytes
}

/** Writes so much into a file and deletes it, until its pages are warm: they are then free, and warm, for the next second or two. */
export async function warmMemory(megabytes: number): Promise<void> {
  for (let times = 1; times <= timesMax; times++) {
    const { system } = process.cpuUsage()
    writeAndDelete(megabytes)
    const cpuSecondsPerGigabyte = ((process.cpuUsage().system - system) / 1e6 / megabytes) * 1024
    if (cpuSecondsPerGigabyte < warmCpuSecondsPerGigabyte) return
    // The work of freeing a file's pages may go on for a moment.
    await delay(settleMs)
  }
}

function writeAndDelete(megabytes: number): void {
  const directory = mkdtempSync(join(tmpdir(), 'warm-'))
  const file = openSync(join(directory, 'pages'), 'w')
  for (let written = 0; written < megabytes * megabyte; written += blockBytes) writeSync(file, block)
  closeSync(file)
  rmSync(directory, { recursive: true })
}
