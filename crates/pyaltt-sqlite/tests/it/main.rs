//! Tests of the engine in a SQLite file.
