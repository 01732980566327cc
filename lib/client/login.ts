/** Logs a client in by SASL, before anything else is asked. */
import { codeName } from '../../protocol/errors.ts'
import { SaslAuthenticate } from '../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshake } from '../../protocol/messages/sasl-handshake.ts'
import type { Api, ClientRequestOf, ClientResponseOf } from '../../protocol/schema.ts'
import { systemRandom } from '../base/random.ts'
import type { Secret } from '../base/secret.ts'
import { plainMessage } from '../security/plain.ts'
import { ScramError, type ScramMechanism } from '../security/scram.ts'
import { ScramClient } from '../security/scram-client.ts'

/** Who a client is, and how it shows that. */
export interface ClientLogin {
  readonly mechanism: 'PLAIN' | ScramMechanism
  readonly user: string
  readonly password: Secret
  /** The user is the id of a delegation token, and the password its HMAC in base64. */
  readonly isToken?: boolean
}

/** The broker does not let the client in, or is not the one that it says to be. */
export class LoginError extends Error {
  override readonly name = 'LoginError'
}

/** What it takes to send a request and have its answer. */
export interface Asking {
  send<A extends Api>(api: A, version: number, request: ClientRequestOf<A>): Promise<ClientResponseOf<A>>
}

const nonceBytes = 24

/** Resolves once the broker knows the client; rejects with LoginError where it does not want to. */
export async function logIn(client: Asking, { mechanism, user, password, isToken }: ClientLogin): Promise<void> {
  const handshake = await client.send(SaslHandshake, 1, { mechanism })
  if (handshake.errorCode !== 0) {
    const enabled = handshake.mechanisms.join(', ') || 'none'
    throw new LoginError(`${codeName(handshake.errorCode)}: the broker takes ${enabled}, not ${mechanism}`)
  }
  const say = async (authBytes: Buffer): Promise<Buffer> => {
    const answer = await client.send(SaslAuthenticate, 1, { authBytes })
    if (answer.errorCode !== 0) throw new LoginError(answer.errorMessage ?? codeName(answer.errorCode))
    return answer.authBytes
  }
  if (mechanism === 'PLAIN') {
    await say(plainMessage(user, password))
    return
  }
  const nonce = systemRandom.bytes(nonceBytes).toString('base64url')
  const scram = new ScramClient(mechanism, user, password, nonce, isToken)
  try {
    scram.check(await say(await scram.final(await say(scram.first()))))
  } catch (error) {
    if (error instanceof ScramError) throw new LoginError(`the broker sent ${error.message}`, { cause: error })
    throw error
  }
}
