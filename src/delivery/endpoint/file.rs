//! Networks in a file: their texts.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::address::Network;
use super::read_network;

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

pub(super) fn allow_addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Network>, D::Error> {
    read_networks("allow_addresses", deserializer)
}

pub(super) fn deny_addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Network>, D::Error> {
    read_networks("deny_addresses", deserializer)
}

fn read_networks<'de, D: Deserializer<'de>>(field: &'static str, deserializer: D) -> Result<Vec<Network>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| read_network(field, text)).collect::<Result<_, _>>().map_err(de::Error::custom)
}
