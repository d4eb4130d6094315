//! From 0.1: what changes in a program, step by step.
