/** Node's threads, started from the bundles in the executable in the place of files. */
const threads = require('node:worker_threads')
const { getRawAsset } = require('node:sea')

class Worker extends threads.Worker {
  constructor(url, options) {
    const source = Buffer.from(getRawAsset(new URL(url).pathname.split('/').pop())).latin1Slice()
    super(source, { ...options, eval: true })
  }
}

module.exports = { ...threads, Worker }
