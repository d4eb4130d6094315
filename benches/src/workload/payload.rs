//! The tasks of the streams.

/// A task of `N` words, all written by the producer.
#[derive(Clone, Copy, Debug)]
pub struct Payload<const N: usize>([u64; N]);

impl<const N: usize> Payload<N> {
    /// The task with this number.
    pub fn new(number: usize) -> Self {
        Self([number as u64; N])
    }

    /// The value that the consumer adds up: the first word and the last.
    pub fn check(&self) -> u64 {
        self.0[0].wrapping_add(self.0[N - 1])
    }
}

/// The sum of [`Payload::check`] over the first `count` tasks.
pub(super) fn checksum(count: usize) -> u64 {
    (0..count as u64).fold(0, |sum, number| sum.wrapping_add(2 * number))
}
