import { int16, int32, message, string } from './schema.ts'

/** PURPOSE. v1 clientId · v2 flexible */
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

/** PURPOSE. v1 flexible */
export const ResponseHeader = message({
  name: 'ResponseHeader',
  versions: [0, 1],
  flexible: 1,
  fields: {
    correlationId: int32,
  },
})
