//! Tests of the contract on the engine in memory.
