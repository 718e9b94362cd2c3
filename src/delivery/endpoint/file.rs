//! A network in a file: its text.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::address::Network;
use super::read_network;

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Network, D::Error> {
        read_network(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
