/**
 * Reads TAP from standard input, prints the tests that failed with what they said, and at the end `N passed, N failed, N skipped`.
 * A test is what stands directly in a test file; a file that ended before it was done counts as one that failed.
 */
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const counts = { passed: 0, failed: 0, skipped: 0 }
let file = ''
let failedInFile = 0
let printing = false

for await (const line of createInterface({ input: process.stdin })) {
  const subtest = /^# Subtest: (.*)$/.exec(line)
  if (subtest) {
    file = subtest[1]
    failedInFile = 0
  }
  const point = /^( *)(not )?ok \d+(.*)$/.exec(line)
  if (point) {
    const [, indent, not, rest] = point
    // What a failed point says about itself follows it, further in.
    printing = not !== undefined && !/# SKIP/i.test(rest)
    if (indent.length === 4) {
      if (/# SKIP/i.test(rest)) counts.skipped++
      else if (not) {
        counts.failed++
        failedInFile++
      } else counts.passed++
    }
    if (indent.length === 0 && not && failedInFile === 0) counts.failed++
  }
  if (printing) console.log(`${file}: ${line}`)
}

const sum = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`
// A script that adds up several runs names a file to keep them in.
if (process.env.COUNTS_FILE) appendFileSync(process.env.COUNTS_FILE, `${sum}\n`)
console.log(sum)
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1
