//! Real stores behind a consumer: what each does with lines that it does not want is what docs/stores.md says, status tells of it, and there is a
//! way out.

mod bed;
mod load;
mod loki;
mod loki_api;
mod opensearch;
mod opensearch_api;
mod outcome;
mod web;
