//! Testcontainers for Rust, with the image in the place of Apache's: cargo test

use std::{collections::BTreeMap, env};

use chrono::DateTime;
use rskafka::{
    client::{
        ClientBuilder,
        partition::{Compression, UnknownTopicHandling},
    },
    record::Record,
};
use testcontainers_modules::{
    kafka::apache,
    testcontainers::{ImageExt, runners::AsyncRunner},
};

#[tokio::test]
async fn an_order_arrives() {
    let image = env::var("OTTLA_IMAGE").unwrap_or("ottla:8.4.0".to_owned());
    let (name, tag) = image.rsplit_once(':').unwrap();
    let container = apache::Kafka::default().with_name(name).with_tag(tag).start().await.unwrap();
    let port = container.get_host_port_ipv4(apache::KAFKA_PORT).await.unwrap();
    let client = ClientBuilder::new(vec![format!("127.0.0.1:{port}")]).build().await.unwrap();
    client.controller_client().unwrap().create_topic("orders", 1, 1, 5_000).await.unwrap();
    let orders = client.partition_client("orders", 0, UnknownTopicHandling::Retry).await.unwrap();

    let order = Record {
        key: Some(b"Franz".to_vec()),
        value: Some(b"one coffee".to_vec()),
        headers: BTreeMap::new(),
        timestamp: DateTime::from_timestamp_millis(0).unwrap(),
    };
    orders.produce(vec![order], Compression::NoCompression).await.unwrap();

    let (records, _) = orders.fetch_records(0, 1..1_000_000, 5_000).await.unwrap();
    assert_eq!(records[0].record.value.as_deref(), Some(b"one coffee".as_slice()));
}
