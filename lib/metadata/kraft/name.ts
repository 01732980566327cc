/** Where the controllers of Apache Kafka keep the cluster. */

/** The directory of their log within a data directory. */
export const kraftDirectoryName = '__cluster_metadata-0'
