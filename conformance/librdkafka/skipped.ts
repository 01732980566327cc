/** Tests of librdkafka that are not run, and why. */

/** By number. Named on the command line, they run all the same. */
export const notRun: Readonly<Record<string, string>> = {
  '0018':
    'it takes what is no text for the name of an assignment protocol when the member has left, and ends by that or not, as threads happen to run',
  '0055': 'it holds single requests to a few milliseconds, which a machine that does something else has not',
  '0084': 'it holds the end of a client to 200 ms',
  '0127': 'it holds single polls to a few milliseconds',
  '0098': "its producers are Java programs against the jars of Apache Kafka's clients",
}

/** Tests of share groups, which are not served. */
export function isOfShareGroups(number: string): boolean {
  return number >= '0170' && number <= '0190'
}
