//! Peers that hand work to a thread: one file for each.

mod actix;
mod async_channel;
mod bare;
mod consumer;
mod crossbeam;
mod flume;
mod kameo;
mod kameo_supervised;
mod kanal;
mod kept_thread;
mod ractor;
mod roboplc;
mod rtsc;
mod std_mpsc;
mod tokio;
mod tonari;
mod xtra;

use pyaltt_benches::contender::Contender;

/// All of them, in the order of the tables.
pub fn contenders() -> Vec<Contender> {
    vec![
        bare::thread(),
        bare::futex(),
        bare::parker(),
        bare::flag(),
        crossbeam::contender(),
        crossbeam::select(),
        crossbeam::with_flag(),
        crossbeam::with_oneshot(),
        std_mpsc::contender(),
        flume::contender(),
        async_channel::contender(),
        kanal::contender(),
        tokio::contender(),
        tokio::tasks(),
        rtsc::contender(),
        actix::contender(),
        kameo::contender(),
        kameo_supervised::current_thread(),
        kameo_supervised::in_thread(),
        ractor::contender(),
        xtra::contender(),
        tonari::contender(),
        roboplc::contender(),
    ]
}
