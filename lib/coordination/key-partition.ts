/** Which partition of an internal topic keeps a group or a transactional id: Kafka takes Java's hash of the text. */

/** Java's String.hashCode: a 32-bit polynomial over UTF-16 units. */
export function javaHashCode(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/** The partition of `key` among so many. The one number without an absolute value counts as zero, as in Kafka. */
export function partitionOfKey(key: string, partitionCount: number): number {
  const hash = javaHashCode(key)
  return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % partitionCount
}
