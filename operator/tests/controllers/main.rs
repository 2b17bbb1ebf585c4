//! Whole controllers against a double of the API server that keeps objects in memory.

mod consumer;
mod memory_api;
