//! Random trees with random members, against what a group promises; and stories, one for each thing that may happen.

mod member;
mod properties;
mod stories;
mod world;
