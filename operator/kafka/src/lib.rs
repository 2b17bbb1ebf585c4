//! The only door to Kafka's admin protocol. Nothing speaks it yet: nodes are judged by their Pods, and topics are created by hand.
