/** What `--dev-tls` leaves on disk and prints: the authority's certificate, and how clients of each family come to trust it. */
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { diskFiles } from '../../storage/files.ts'
import type { Broker, DevTls } from '../broker.ts'

/** The file of the authority's certificate. */
export class AuthorityFile {
  readonly #broker: Broker
  readonly #path: string

  /** Beside the data, where a start writes over that of the one before; with no data in the directory for temporary files, until the end. */
  constructor(broker: Broker) {
    this.#broker = broker
    const { dataDirectory } = broker
    const name = `ottla-${process.pid}-authority.pem`
    this.#path = resolve(dataDirectory === null ? join(tmpdir(), name) : `${dataDirectory}-authority.pem`)
  }

  /** Writes it, and says what clients need. */
  write({ authority }: DevTls): string {
    // Whatever is there of that name is not written into.
    diskFiles.unlink(this.#path)
    diskFiles.createExclusive(this.#path, authority)
    return advice(this.#broker.bootstrap, this.#path)
  }

  remove(): void {
    if (this.#broker.dataDirectory === null) diskFiles.unlink(this.#path)
  }
}

function advice(bootstrap: string, path: string): string {
  return `
  TLS       ${bootstrap} speaks TLS. Its authority is made anew at each start: ${path}
  Java      security.protocol=SSL
            ssl.truststore.type=PEM
            ssl.truststore.location=${path}
  librdkafka (kcat, confluent-kafka, .NET, Go, PHP, Ruby, Rust)
            security.protocol=ssl
            ssl.ca.location=${path}
  kafkajs   ssl: { ca: [readFileSync('${path}')] }
  franz-go  kgo.DialTLSConfig(&tls.Config{RootCAs: pool}), the pool made of that file
  kafka-python, aiokafka
            security_protocol='SSL', ssl_cafile='${path}' (aiokafka: ssl_context of that file)
  Kafka's tools, and ours
            --command-config FILE with the lines of Java
`
}
