/** Lines of a byte stream, however long, as soon as each is complete. */

const newline = 0x0a

/** Yields each line without its end; a last one without an end counts if it holds anything. */
export async function* linesOf(stream: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  let begun: Buffer[] = []
  for await (const data of stream) {
    const chunk = typeof data === 'string' ? Buffer.from(data) : data
    let from = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      begun.push(chunk.subarray(from, end))
      yield textOf(begun)
      begun = []
      from = end + 1
    }
    if (from < chunk.length) begun.push(chunk.subarray(from))
  }
  if (begun.length > 0) yield textOf(begun)
}

/** Decoded only when whole: a character may lie in two chunks. */
function textOf(parts: readonly Buffer[]): string {
  const text = (parts.length === 1 ? parts[0] : Buffer.concat(parts)).toString('utf8')
  return text.endsWith('\r') ? text.slice(0, -1) : text
}
