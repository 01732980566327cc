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
/** Writes of different sizes get memory in pieces of different sizes, which the kernel keeps apart: a broker's get them all. */
const writeBytes = [17, 40, 130, 270, 520, 1000].map(kilobytes => kilobytes * 1000)
const block = Buffer.alloc(1_000_000, 1)
/** For what is written beside the records, and for what is given back meanwhile. */
const spareMegabytes = 300
/** Between what warm and what cold pages cost. */
const warmCpuSecondsPerGigabyte = 0.4
const timesMax = 10
const settleMs = 20
/** What the run before deleted is freed by then: later, it would be too much that is free, and some of it given back. */
const deletionMs = 400

/** Of a run that writes so much and whose client takes so much beside: how much to make warm before it. */
export function warmMegabytesFor(writtenMegabytes: number, clientMegabytes = 0): number {
  return Math.ceil(writtenMegabytes) + clientMegabytes + spareMegabytes
}

/** Writes so much into a file and deletes it, until its pages are warm: they are then free, and warm, for the next second or two. */
export async function warmMemory(megabytes: number): Promise<void> {
  await delay(deletionMs)
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
  for (let written = 0, turn = 0; written < megabytes * megabyte; turn++) {
    written += writeSync(file, block, 0, writeBytes[turn % writeBytes.length])
  }
  closeSync(file)
  rmSync(directory, { recursive: true })
}
