/** ShareGroupDescribe: share groups with their members (KIP-932). Such groups are not served. */
import { refuseGroups } from './refusals.ts'

export const refuseShareGroupDescribe = refuseGroups
