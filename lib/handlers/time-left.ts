/** Requests for the controller, which takes nothing up whose time is over before it comes. */
import { codes, KafkaError } from '../../protocol/errors.ts'

/** Throws REQUEST_TIMED_OUT, by which the whole request is refused, where the client leaves no time for what it asks for. */
export function checkTimeLeft(timeoutMs: number, asked: readonly unknown[]): void {
  if (timeoutMs <= 0 && asked.length > 0) throw new KafkaError(codes.REQUEST_TIMED_OUT)
}
