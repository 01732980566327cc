import { bool, type EncodableOf, message, string } from '../schema.ts'

/** A principal as brokers pass it on to the controller. */
export const DefaultPrincipalData = message({
  name: 'DefaultPrincipalData',
  versions: [0, 0],
  flexible: 0,
  fields: {
    type: string,
    name: string,
    tokenAuthenticated: bool,
  },
})

export interface DefaultPrincipalData extends EncodableOf<typeof DefaultPrincipalData> {}
