/** The images whose variables are understood, and where each of them keeps its files. */

export const dialectNames = ['apache', 'confluent', 'bitnami'] as const
export type DialectName = (typeof dialectNames)[number]

export interface Dialect {
  readonly name: DialectName
  /** Where the image writes the properties that it makes. A user may have put a file there. */
  readonly outFile: string
  /** The directory in which a user may mount a server.properties. */
  readonly mountedDirectory: string | null
  /** Whether a mounted file takes the place of all variables. */
  readonly mountedAlone: boolean
  /** Where topics are kept unless somebody says otherwise. */
  readonly dataDirectory: string
}

export const dialects: Readonly<Record<DialectName, Dialect>> = {
  apache: {
    name: 'apache',
    outFile: '/opt/kafka/config/server.properties',
    mountedDirectory: '/mnt/shared/config',
    mountedAlone: false,
    dataDirectory: '/var/lib/kafka/data',
  },
  confluent: {
    name: 'confluent',
    outFile: '/etc/kafka/kafka.properties',
    mountedDirectory: null,
    mountedAlone: false,
    dataDirectory: '/var/lib/kafka/data',
  },
  bitnami: {
    name: 'bitnami',
    outFile: '/opt/bitnami/kafka/config/server.properties',
    mountedDirectory: '/bitnami/kafka/config',
    mountedAlone: true,
    dataDirectory: '/bitnami/kafka/data',
  },
}

/** Whether topics are kept there where nobody says where. */
export function isDataDirectory(path: string): boolean {
  return Object.values(dialects).some(({ dataDirectory }) => dataDirectory === path)
}

/** Variables that only Bitnami's image has, whatever their values. */
const bitnamiOwn =
  /^(?:KAFKA_CFG_\w|ALLOW_PLAINTEXT_LISTENER$|BITNAMI_DEBUG$|KAFKA_ENABLE_KRAFT$|KAFKA_KRAFT_CLUSTER_ID$|KAFKA_CLIENT_(?:USERS|PASSWORDS)(?:_FILE)?$|KAFKA_TLS_TYPE$|KAFKA_CERTIFICATE_PASSWORD(?:_FILE)?$)/

/** Whose rules hold where nobody says: Bitnami's where one of its own variables is set, or its volume holds a file; Apache's else. */
export function dialectOf(
  variables: Readonly<Record<string, string>>,
  read: (path: string) => string | null,
): DialectName {
  if (Object.keys(variables).some(name => bitnamiOwn.test(name))) return 'bitnami'
  const { mountedDirectory, dataDirectory, outFile } = dialects.bitnami
  const files = [`${mountedDirectory}/server.properties`, `${dataDirectory}/meta.properties`, outFile]
  return files.some(path => read(path) !== null) ? 'bitnami' : 'apache'
}
