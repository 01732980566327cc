import { int16, int32, message, string } from './schema.ts'

/** What a request begins with. v0 without client id · v1 client id · v2 flexible, but for the client id */
export const RequestHeader = message({
  name: 'RequestHeader',
  versions: [0, 2],
  flexible: 2,
  fields: {
    requestApiKey: int16,
    requestApiVersion: int16,
    correlationId: int32,
    clientId: string.nullable().since(1).inflexible(),
  },
})

/** What a response begins with. v1 flexible */
export const ResponseHeader = message({
  name: 'ResponseHeader',
  versions: [0, 1],
  flexible: 1,
  fields: {
    correlationId: int32,
  },
})
