/** The console: its first page in real Chromium, the first answers behind it, and a search over records, each by a broker that has just started. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { chromium, type Page } from 'playwright-core'
import { startOwnBroker } from '../../../conformance/own-broker.ts'
import { createTopics } from '../../../lib/admin/topics.ts'
import { Producer } from '../../../lib/client/producer.ts'
import { chromiumMissing, chromiumPath } from '../../console/browser.ts'
import { adminOf } from '../../console/served.ts'
import { Figures, type Measure, type Section } from '../measures.ts'
import { cpuSecondsOf } from '../rivals.ts'

const [topicCount, partitionCount, recordCount, recordBytes] = [100, 3, 100_000, 200]
/** After the start, until the broker has nothing to do. */
const restMs = 500

type Add = (name: string, unit: string, value: number, digits?: number) => void

/** See the head of the file. */
export async function consolePage(rounds: number): Promise<Section> {
  if (chromiumMissing !== false) console.log(`console: without a browser, ${chromiumMissing}`)
  const figures = new Figures()
  for (let round = 0; round <= rounds; round++) {
    const add: Add = (name, unit, value, digits = 0) => {
      console.log(`round ${round}, ${name}: ${value.toFixed(1)} ${unit}`)
      const measure: Omit<Measure, 'rounds'> = { name, unit, digits, better: 'lower' }
      if (round > 0) figures.add(0, measure, value)
    }
    await withBroker(async ({ pid, port }) => {
      await delay(restMs)
      await answers(pid, port, add)
      await searched(pid, port, add)
    })
    if (chromiumMissing !== false) continue
    await withBroker(async ({ pid, port }) => {
      await delay(restMs)
      await shown(pid, port, add)
    })
  }
  const what = `${topicCount} topics with ${partitionCount} partitions each, ${recordCount.toLocaleString('en')} records of ${recordBytes} bytes in one of them.`
  const first =
    'The first of each is the first that the broker was ever asked; pages are timed by the browser, from navigation to the first rows.'
  return { key: 'console', rivals: [], measures: figures.all(), setting: `${what} ${first} CPU is the broker's.` }
}

async function withBroker(run: (broker: { readonly pid: number; readonly port: number }) => Promise<void>) {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  const readyFile = join(directory, 'ready.json')
  const broker = await startOwnBroker([
    ...['--dev', '--ephemeral', '--port', '0', '--http', '0', '--ready-file', readyFile],
  ])
  try {
    await fill(broker.bootstrap)
    const { http } = JSON.parse(readFileSync(readyFile, 'utf8')) as { readonly http: string }
    await run({ pid: broker.pid, port: Number(http.split(':').at(-1)) })
  } finally {
    await broker.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function fill(bootstrap: string): Promise<void> {
  const admin = adminOf(bootstrap)
  const names = Array.from({ length: topicCount }, (_, n) => `topic-${String(n).padStart(3, '0')}`)
  await createTopics(
    admin,
    names.map(name => ({ name, partitions: partitionCount })),
  )
  const producer = new Producer({ routes: admin, delivered: () => {} })
  await producer.find(names[0]!)
  for (let n = 0; n < recordCount; n++) {
    const value = Buffer.from(`{"id":${n},"note":"`.padEnd(recordBytes - 2, 'payload ').concat('"}'))
    producer.send(names[0]!, { timestamp: Date.now(), key: null, value, headers: [] }, n % partitionCount)
    if (n % 1_000 === 0) await producer.flush()
  }
  await producer.close()
  await admin.close()
}

const agent = new Agent({ keepAlive: true })

/** The body of an answer. */
function asked(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent }, response => {
      const pieces: Buffer[] = []
      response.on('data', piece => pieces.push(piece))
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString()
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(`${path}: ${response.statusCode} ${text}`))
      })
    }).on('error', reject)
  })
}

/** Milliseconds of the clock, and of the broker's CPU. */
async function timed(pid: number, name: string, add: Add, run: () => Promise<unknown>): Promise<void> {
  const { cpuSeconds, result } = await cpuSecondsOf(pid, async () => {
    const begunMs = performance.now()
    await run()
    return performance.now() - begunMs
  })
  add(name, 'ms', result)
  add(name, 'ms of CPU', cpuSeconds * 1_000)
}

/** As the page asks: what it is made of, and then for what it shows. */
async function answers(pid: number, port: number, add: Add): Promise<void> {
  await timed(pid, 'page and script, the first time', add, async () => {
    for (const path of ['/', '/console.css', '/console.js']) await asked(port, path)
  })
  await delay(restMs)
  await asked(port, '/api/cluster')
  const page = '/api/topics?limit=50'
  await timed(pid, '50 of the topics, the first time', add, () => asked(port, page))
  for (let n = 0; n < 20; n++) await asked(port, page)
  await timed(pid, '50 of the topics, 20 times', add, async () => {
    for (let n = 0; n < 20; n++) await asked(port, page)
  })
}

/** Looks through all records for one that there is once, and for one that there is not. */
async function searched(pid: number, port: number, add: Add): Promise<void> {
  const search = async (text: string) => {
    let [looked, cursor, found] = [0, '', 0]
    do {
      const query = new URLSearchParams({ test: 'contains', text, place: 'value', ...(cursor && { cursor }) })
      const answer = JSON.parse(await asked(port, `/api/topics/topic-000/records?${query}`))
      looked += answer.looked.records
      found += answer.records.length
      cursor = answer.cursor ?? ''
      if (answer.looked.ended === 'all') break
    } while (cursor !== '')
    return { looked, found }
  }
  await timed(pid, `a search over ${recordCount.toLocaleString('en')} records`, add, async () => {
    const { looked, found } = await search(`"id":${recordCount / 2},`)
    if (looked !== recordCount || found !== 1) throw new Error(`${found} found among ${looked}`)
  })
}

/** From navigation to the first row, as the browser's own clock has it. */
async function shown(pid: number, port: number, add: Add): Promise<void> {
  const browser = await chromium.launch({ executablePath: chromiumPath()!, args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage({ viewport: { width: 1_280, height: 760 } })
    await page.addInitScript(`
      new MutationObserver((_, observer) => {
        if (document.querySelector('tbody td a') === null) return
        globalThis.shownMs = performance.now()
        observer.disconnect()
      }).observe(document, { childList: true, subtree: true })`)
    for (const which of ['the first', 'the second']) {
      const { cpuSeconds, result } = await cpuSecondsOf(pid, () => shownMsOf(page, `http://127.0.0.1:${port}/`))
      add(`first page, ${which} time`, 'ms', result)
      add(`first page, ${which} time`, 'ms of CPU', cpuSeconds * 1_000)
      await page.goto('about:blank')
    }
  } finally {
    await browser.close()
  }
}

async function shownMsOf(page: Page, address: string): Promise<number> {
  await page.goto(address)
  await page.locator('tbody td a').first().waitFor()
  return page.evaluate('globalThis.shownMs')
}
