/** Where the cluster's metadata are kept: `metadata.store` and what goes with it. These settings are Ottla's own, and not in Kafka's tables. */
import { configSources } from '../../protocol/config-sources.ts'
import { Secret } from '../base/secret.ts'
import { type EtcdAddress, parseEtcdAddress } from './etcd-address.ts'
import type { BrokerSettings } from './settings.ts'
import { ConfigError } from './values.ts'

/** What each of them is, for the documents. */
export const metadataStoreProperties = {
  'metadata.store': {
    type: 'string',
    default: 'embedded',
    doc: 'Where the cluster keeps its metadata: embedded, in the first data directory of its one broker, or etcd://HOST:PORT,HOST:PORT/PREFIX; etcds:// for TLS.',
  },
  'metadata.store.user': {
    type: 'string',
    default: null,
    doc: 'The user as whom etcd is asked, where its authentication is on.',
  },
  'metadata.store.password': { type: 'password', default: null, doc: "This user's password." },
  'metadata.store.ssl.ca.location': {
    type: 'string',
    default: null,
    doc: "A file with the certificates, in PEM, that etcd's are signed by; the system's where it is not set.",
  },
  'metadata.store.ssl.certificate.location': {
    type: 'string',
    default: null,
    doc: 'A file with the certificate, in PEM, that is shown to etcd.',
  },
  'metadata.store.ssl.key.location': { type: 'string', default: null, doc: 'A file with its private key, in PEM.' },
  'metadata.store.history.ms': {
    type: 'long, at least -1',
    default: '600000',
    doc: 'How long etcd remembers what was, so that brokers that were cut off can catch up; the controller lets it forget the rest. -1 where somebody else compacts etcd.',
  },
} as const

type Name = keyof typeof metadataStoreProperties

const historyMsDefault = Number(metadataStoreProperties['metadata.store.history.ms'].default)

export interface EtcdSettings {
  readonly address: EtcdAddress
  readonly user: string | null
  readonly password: Secret | null
  readonly caLocation: string | null
  readonly certificateLocation: string | null
  readonly keyLocation: string | null
  /** Null where history is not ours to cut. */
  readonly historyMs: number | null
}

export function isMetadataStoreProperty(name: string): boolean {
  return Object.hasOwn(metadataStoreProperties, name)
}

/** Null where the metadata are in the data directory. Throws ConfigError. */
export function etcdSettings(config: Pick<BrokerSettings, 'layers'>): EtcdSettings | null {
  // They say where everything else is found, so they count only where they were set before the start.
  const textOf = (name: Name): string | null =>
    config
      .layers(name)
      .find(({ source }) => source === configSources.STATIC_BROKER_CONFIG)
      ?.text.trim() || null
  const store = textOf('metadata.store') ?? metadataStoreProperties['metadata.store'].default
  if (store === 'embedded') return null
  const address = parseEtcdAddress(store)
  if (typeof address === 'string') throw wrong('metadata.store', `${address}, nor is it 'embedded'`)
  const [user, password] = [textOf('metadata.store.user'), textOf('metadata.store.password')]
  if ((user === null) !== (password === null)) {
    throw wrong(
      'metadata.store.user',
      'metadata.store.user and metadata.store.password go together: one of them is not set',
    )
  }
  const [certificateLocation, keyLocation] = [
    textOf('metadata.store.ssl.certificate.location'),
    textOf('metadata.store.ssl.key.location'),
  ]
  if ((certificateLocation === null) !== (keyLocation === null)) {
    throw wrong(
      'metadata.store.ssl.key.location',
      'metadata.store.ssl.certificate.location and metadata.store.ssl.key.location go together: one of them is not set',
    )
  }
  return {
    address,
    user,
    password: password === null ? null : new Secret(password),
    caLocation: textOf('metadata.store.ssl.ca.location'),
    certificateLocation,
    keyLocation,
    historyMs: historyMs(textOf('metadata.store.history.ms')),
  }
}

function historyMs(text: string | null): number | null {
  if (text === null) return historyMsDefault
  const value = Number(text)
  if (value === -1) return null
  if (!Number.isSafeInteger(value) || value < 0) {
    throw wrong('metadata.store.history.ms', `metadata.store.history.ms is ${text}: it takes milliseconds, or -1`)
  }
  return value
}

function wrong(name: Name, message: string): ConfigError {
  return new ConfigError(name, message)
}
