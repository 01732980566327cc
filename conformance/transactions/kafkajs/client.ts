/** kafkajs as the programs here use it: impatient, as brokers are killed and stopped under it. */
// Before kafkajs.
import './aborted.ts'
import { Client } from '../../kafkajs/kafka.ts'

export function impatient(bootstrap: string, requestTimeoutMs: string): Client {
  return new Client(bootstrap, {
    requestTimeout: Number(requestTimeoutMs),
    connectionTimeout: Number(requestTimeoutMs),
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 30 },
  })
}

/** Ends this process with its standard input, and so with whoever started it. */
export function holdLifeline(): void {
  process.stdin.on('end', () => process.exit(0)).resume()
}

/** An error in one line, the broker's code first where there is one. */
export function told(error: unknown): string {
  const { type, message } = error as Error & { type?: string }
  return `${type ?? (error as Error).name}: ${message}`.replaceAll('\n', ' ')
}
