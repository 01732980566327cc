/** SASL with OAuth tokens. */
import { boolean, className, int, list, long, password, string } from './property.ts'

/** Rows in the order of their names. */
export const oauthProperties = {
  'sasl.oauthbearer.allow.unverified.audience': boolean(false),
  'sasl.oauthbearer.allow.unverified.issuer': boolean(false),
  'sasl.oauthbearer.assertion.algorithm': string('RS256', { values: ['ES256', 'RS256'], ignoreCase: true }),
  'sasl.oauthbearer.assertion.claim.aud': string(null),
  'sasl.oauthbearer.assertion.claim.exp.seconds': int(300, { importance: 'low', min: 0, max: 86_400 }),
  'sasl.oauthbearer.assertion.claim.iss': string(null),
  'sasl.oauthbearer.assertion.claim.jti.include': boolean(false),
  'sasl.oauthbearer.assertion.claim.nbf.seconds': int(60, { importance: 'low', min: 0, max: 3600 }),
  'sasl.oauthbearer.assertion.claim.sub': string(null),
  'sasl.oauthbearer.assertion.file': string(null),
  'sasl.oauthbearer.assertion.private.key.file': string(null),
  'sasl.oauthbearer.assertion.private.key.passphrase': password(),
  'sasl.oauthbearer.assertion.template.file': string(null),
  'sasl.oauthbearer.client.credentials.client.id': string(null),
  'sasl.oauthbearer.client.credentials.client.secret': password(),
  'sasl.oauthbearer.clock.skew.seconds': int(30, { importance: 'low' }),
  'sasl.oauthbearer.expected.audience': list([], { importance: 'high' }),
  'sasl.oauthbearer.expected.issuer': string(null, { importance: 'high' }),
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': long(3_600_000, { importance: 'low' }),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms': long(10_000, { importance: 'low' }),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms': long(100, { importance: 'low' }),
  'sasl.oauthbearer.jwks.endpoint.url': string(null),
  'sasl.oauthbearer.jwt.retriever.class': className('org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever'),
  'sasl.oauthbearer.jwt.validator.class': className('org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator'),
  'sasl.oauthbearer.scope': string(null),
  'sasl.oauthbearer.scope.claim.name': string('scope', { importance: 'low' }),
  'sasl.oauthbearer.sub.claim.name': string('sub', { importance: 'low' }),
  'sasl.oauthbearer.token.endpoint.url': string(null),
}
