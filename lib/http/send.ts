/** Answers on their way to the client: headers that keep browsers from harm, and bodies as fast as the client takes them. */
import type { ServerResponse } from 'node:http'
import type { HttpAnswer, HttpPieces } from './routes.ts'

/** A page takes scripts, styles and data from this server alone, stands in no frame, and tells no other site where it was. */
const guardingHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
}

/** Resolves once the system has the answer, or the client is gone. Rejects where a piece of the body could not be made. */
export async function send(
  response: ServerResponse,
  isHead: boolean,
  { status, body, contentType, headers }: HttpAnswer,
  isLast = false,
): Promise<void> {
  const isText = typeof body === 'string' || body instanceof Uint8Array
  const isPieces = !isText && isIterable(body)
  const whole = isPieces ? null : isText ? Buffer.from(body) : Buffer.from(`${JSON.stringify(body)}\n`)
  response.writeHead(status, {
    ...guardingHeaders,
    'content-type': contentType ?? (isText || isPieces ? 'text/plain; charset=utf-8' : 'application/json'),
    ...(whole === null ? {} : { 'content-length': whole.length }),
    // What was not read of a request must not pass for the next.
    ...(isLast ? { connection: 'close' } : {}),
    ...headers,
  })
  if (whole !== null || isHead) {
    response.end(isHead ? undefined : whole)
    return
  }
  for await (const piece of body as HttpPieces) {
    if (!(await written(response, piece))) return
  }
  response.end()
}

function isIterable(body: unknown): body is HttpPieces {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

/** True once the system has it, so that its bytes may be written over; false where the client is gone, which shows here before the response is closed. */
function written(response: ServerResponse, piece: string | Uint8Array): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false)
  return new Promise(resolve => {
    const gone = () => resolve(false)
    response.once('close', gone)
    response.write(piece, error => {
      response.off('close', gone)
      resolve(!error)
    })
  })
}
