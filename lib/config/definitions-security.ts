/** TLS, SASL, delegation tokens and authorization. */
import { authorizerClass } from './checks.ts'
import { boolean, choice, className, double, int, list, long, password, short, string } from './property.ts'

/** Rows in the order of their names. */
export const securityProperties = {
  'authorizer.class.name': string('', {
    importance: 'low',
    check: authorizerClass,
    doc: "Kafka's StandardAuthorizer, or AclAuthorizer: access rules (ACLs) say who may do what, beside super.users and allow.everyone.if.no.acl.found; empty: everybody may do everything",
  }),
  'connection.failed.authentication.delay.ms': int(100, {
    importance: 'low',
    min: 0,
    doc: 'how long the answer to a failed login waits, before the connection is closed',
  }),
  'connections.max.reauth.ms': long(0, {
    doc: 'how long a login by SASL holds: a client that has not logged in again by then is closed at its next request; 0 for ever; also for one listener and mechanism',
  }),
  'delegation.token.expiry.check.interval.ms': long(3_600_000, {
    importance: 'low',
    min: 1,
    doc: 'how often delegation tokens that are good no more are taken away',
  }),
  'delegation.token.expiry.time.ms': long(86_400_000, {
    min: 1,
    doc: 'how long a delegation token is good without being renewed',
  }),
  'delegation.token.max.lifetime.ms': long(604_800_000, {
    min: 1,
    doc: 'how long a delegation token can be good at all, however often it is renewed',
  }),
  'delegation.token.secret.key': password({
    doc: 'the secret by which delegation tokens (KIP-48) are made and checked, the same for all brokers; without it there are none',
  }),
  'principal.builder.class': className('org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder', {
    updateMode: 'per-broker',
  }),
  'sasl.client.callback.handler.class': className(null),
  'sasl.enabled.mechanisms': list(['GSSAPI'], {
    updateMode: 'per-broker',
    doc: 'by what clients log in where a listener speaks SASL: PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 are served; also for one listener',
  }),
  'sasl.jaas.config': password({
    updateMode: 'per-broker',
    doc: 'users and their passwords, as user_NAME="…" of PlainLoginModule, or of ScramLoginModule beside those that the cluster keeps; listener.name.NAME.plain.sasl.jaas.config comes before it',
  }),
  'sasl.kerberos.kinit.cmd': string('/usr/bin/kinit', { updateMode: 'per-broker' }),
  'sasl.kerberos.min.time.before.relogin': long(60_000, { updateMode: 'per-broker' }),
  'sasl.kerberos.principal.to.local.rules': list(['DEFAULT'], { updateMode: 'per-broker' }),
  'sasl.kerberos.service.name': string(null, { updateMode: 'per-broker' }),
  'sasl.kerberos.ticket.renew.jitter': double(0.05, { updateMode: 'per-broker' }),
  'sasl.kerberos.ticket.renew.window.factor': double(0.8, { updateMode: 'per-broker' }),
  'sasl.login.callback.handler.class': className(null),
  'sasl.login.class': className(null),
  'sasl.login.connect.timeout.ms': int(null, { importance: 'low' }),
  'sasl.login.read.timeout.ms': int(null, { importance: 'low' }),
  'sasl.login.refresh.buffer.seconds': short(300, { updateMode: 'per-broker' }),
  'sasl.login.refresh.min.period.seconds': short(60, { updateMode: 'per-broker' }),
  'sasl.login.refresh.window.factor': double(0.8, { updateMode: 'per-broker' }),
  'sasl.login.refresh.window.jitter': double(0.05, { updateMode: 'per-broker' }),
  'sasl.login.retry.backoff.max.ms': long(10_000, { importance: 'low' }),
  'sasl.login.retry.backoff.ms': long(100, { importance: 'low' }),
  'sasl.mechanism.controller.protocol': string('GSSAPI', { importance: 'high' }),
  'sasl.mechanism.inter.broker.protocol': string('GSSAPI', {
    updateMode: 'per-broker',
    doc: 'How a broker logs in at others: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.',
  }),
  'sasl.server.callback.handler.class': className(null),
  'sasl.server.max.receive.size': int(524_288, {
    doc: 'bytes that a request may have before its client has logged in',
  }),
  'security.inter.broker.protocol': choice('PLAINTEXT', ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'], {
    doc: 'Brokers use the first listener of this protocol among themselves, where inter.broker.listener.name is not set.',
  }),
  'security.providers': string(null, { importance: 'low' }),
  'ssl.allow.dn.changes': boolean(false, {
    importance: 'low',
    doc: 'Whether a key store that is exchanged while the broker runs may have a certificate of another subject.',
  }),
  'ssl.allow.san.changes': boolean(false, {
    importance: 'low',
    doc: 'Whether a key store that is exchanged while the broker runs may have a certificate of other alternative names.',
  }),
  'ssl.cipher.suites': list([], {
    updateMode: 'per-broker',
    doc: "The cipher suites that are offered, by Java's names or OpenSSL's; all that OpenSSL holds safe where none is named.",
  }),
  'ssl.client.auth': choice('none', ['required', 'requested', 'none'], {
    updateMode: 'per-broker',
    doc: 'Whether clients show a certificate: none, requested, required. One that is not trusted is refused also where none is required.',
  }),
  'ssl.enabled.protocols': list(['TLSv1.2', 'TLSv1.3'], {
    updateMode: 'per-broker',
    doc: 'Versions of TLS: TLSv1.2, TLSv1.3 or both.',
  }),
  'ssl.endpoint.identification.algorithm': string('https', {
    importance: 'low',
    updateMode: 'per-broker',
    doc: 'https: a broker must be what its certificate names, when another connects to it; empty: anybody of the trust store.',
  }),
  'ssl.engine.factory.class': className(null, { importance: 'low', updateMode: 'per-broker' }),
  'ssl.key.password': password({ updateMode: 'per-broker', doc: 'Opens the private key.' }),
  'ssl.keymanager.algorithm': string('SunX509', { updateMode: 'per-broker' }),
  'ssl.keystore.certificate.chain': password({
    updateMode: 'per-broker',
    doc: 'Certificates in PEM, that of the key first.',
  }),
  'ssl.keystore.key': password({
    updateMode: 'per-broker',
    doc: 'The private key in PEM (PKCS8), which may be encrypted.',
  }),
  'ssl.keystore.location': string(null, {
    updateMode: 'per-broker',
    doc: 'A file with private key and certificates: PKCS12, JKS or PEM, told by its content.',
  }),
  'ssl.keystore.password': password({ updateMode: 'per-broker', doc: 'Opens the key store.' }),
  'ssl.keystore.type': string('JKS', { updateMode: 'per-broker' }),
  'ssl.principal.mapping.rules': string('DEFAULT', {
    importance: 'low',
    doc: 'What the subject of a certificate becomes as a user: RULE:pattern/replacement/[LU] and DEFAULT; the first that fits counts.',
  }),
  'ssl.protocol': string('TLSv1.3', { updateMode: 'per-broker' }),
  'ssl.provider': string(null, { updateMode: 'per-broker' }),
  'ssl.secure.random.implementation': string(null, { importance: 'low', updateMode: 'per-broker' }),
  'ssl.trustmanager.algorithm': string('PKIX', { updateMode: 'per-broker' }),
  'ssl.truststore.certificates': password({
    updateMode: 'per-broker',
    doc: 'Certificates of authorities that are trusted, in PEM.',
  }),
  'ssl.truststore.location': string(null, {
    updateMode: 'per-broker',
    doc: 'A file with authorities that are trusted: PKCS12, JKS or PEM, told by its content. Those of Node where there is none.',
  }),
  'ssl.truststore.password': password({ updateMode: 'per-broker', doc: 'Opens the trust store.' }),
  'ssl.truststore.type': string('JKS', { updateMode: 'per-broker' }),
}
