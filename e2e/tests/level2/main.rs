//! Real nodes, real Kafka, the operator as Pods of its own image with its own rights.
//!
//! Tests run one after another in the order of their names. All but `admin_protocol`, `consumer_operations`, `gateway`, `helm`, `no_loss`, `secured`, `stores`, `versions` and `zones` share one reference installation,
//! which each of them finds Ready and leaves Ready.

mod admin_protocol;
mod bed;
mod consumer_bed;
mod consumer_operations;
mod deletion;
mod garbage;
mod gateway;
mod healing;
mod helm;
mod live;
mod load;
mod no_loss;
mod operator_killed;
mod pod_watch;
mod quorum_watch;
mod reference;
mod rights;
mod rolling;
mod scaling;
mod secured;
mod secured_consumer;
mod store_double;
mod stores;
mod topics;
mod versions;
mod zones;
