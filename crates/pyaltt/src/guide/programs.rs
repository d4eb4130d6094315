//! Programs of workers.
