/** A whole broker with TLS over real sockets, an authority that its clients trust, and what it logs. */
import type { Test } from 'tap'
import { systemClock, systemClocks } from '../../lib/base/clock.ts'
import { createLogger } from '../../lib/base/logger.ts'
import { systemRandom } from '../../lib/base/random.ts'
import { Client } from '../../lib/client/client.ts'
import { Composition } from '../../lib/composition.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import type { TlsConnecting } from '../../lib/network/network.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { type TlsMaterial, tlsContext } from '../../lib/network/tls-context.ts'
import type { ConnectionInfo } from '../../lib/server/server.ts'
import { Authority, type Certified } from '../../lib/tls/authority.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { diskFiles, memoryFiles } from '../../storage/files.ts'

export const authority = new Authority(systemClock.now())
/** What a broker on this machine shows. */
export const local = authority.issue({ name: 'localhost', hosts: ['localhost', '127.0.0.1'] })

/** Properties of a listener named SSL with this certificate, which trusts the authority. */
export function sslProperties({ certificate, key }: Certified = local): Record<string, string> {
  return {
    listeners: 'SSL://127.0.0.1:0',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': certificate,
    'ssl.keystore.key': key,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': authority.certificate,
  }
}

/** What a client brings that trusts the authority, and shows a certificate where one is given. */
export function trusting(own: Certified | null = null, material: Partial<TlsMaterial> = {}): TlsConnecting {
  const context = tlsContext({
    certificates: own?.certificate ?? null,
    key: own?.key ?? null,
    authorities: [authority.certificate],
    versionMin: 'TLSv1.2',
    versionMax: 'TLSv1.3',
    ciphers: null,
    ...material,
  })
  return { ...context, checksHost: true }
}

export class SecuredBroker {
  readonly log: string[]
  /** Who asked, request by request. */
  readonly askedBy: ConnectionInfo[]
  readonly port: number
  readonly host: string
  readonly #t: Test

  private constructor(t: Test, log: string[], askedBy: ConnectionInfo[], bootstrap: string) {
    this.#t = t
    this.log = log
    this.askedBy = askedBy
    const [host, port] = bootstrap.split(':') as [string, string]
    this.host = host
    this.port = Number(port)
  }

  /** Starts one with these properties over those of `sslProperties`; null takes one of them away. */
  static async start(t: Test, properties: Record<string, string | null> = {}): Promise<SecuredBroker> {
    const log: string[] = []
    const askedBy: ConnectionInfo[] = []
    const broker = await Composition.start({
      config: BrokerConfig.parse(
        Object.fromEntries(
          Object.entries({ ...sslProperties(), ...properties }).filter(
            (entry): entry is [string, string] => entry[1] !== null,
          ),
        ),
      ),
      ephemeral: true,
      parts: {
        clocks: systemClocks,
        random: systemRandom,
        files: memoryFiles(),
        network: systemNetwork,
        readStore: path => diskFiles.read(path),
      },
      logger: createLogger('info', { write: line => log.push(line) }),
      interceptors: [
        {
          before: ({ connection }) => {
            askedBy.push(connection)
            return undefined
          },
        },
      ],
    })
    t.teardown(() => broker.stop())
    return new SecuredBroker(t, log, askedBy, broker.bootstrap)
  }

  async connect(tls: TlsConnecting | undefined = trusting(), host = 'localhost'): Promise<Client> {
    const client = await Client.connect({ host, port: this.port, tls, timeoutMs: 10_000 })
    this.#t.teardown(() => client.close())
    return client
  }

  /** The principal that a client with this certificate has. */
  async principalOf(tls: TlsConnecting): Promise<string> {
    const client = await this.connect(tls)
    await ask(client)
    return this.askedBy.at(-1)!.principal
  }

  /** Sets properties of the broker while it runs; gives error code and message. */
  async alter(
    client: Client,
    settings: Record<string, string>,
  ): Promise<{ errorCode: number; errorMessage: string | null }> {
    const configs = Object.entries(settings).map(([name, value]) => ({ name, configOperation: 0, value }))
    const resources = [{ resourceType: 4, resourceName: '1', configs }]
    const { responses } = await client.send(IncrementalAlterConfigs, 1, { resources, validateOnly: false })
    return responses[0]!
  }

  /** The lines that tell of handshakes, once there are so many. */
  async failures(count: number): Promise<string[]> {
    for (;;) {
      const lines = this.log.filter(line => line.includes('handshake failed') || line.includes('connection refused'))
      if (lines.length >= count) return lines
      await new Promise<void>(resolve => systemClock.immediate(resolve))
    }
  }
}

/** One request and its answer. */
export async function ask(client: Client): Promise<void> {
  await client.send(Metadata, 1, { topics: [] } as never)
}
