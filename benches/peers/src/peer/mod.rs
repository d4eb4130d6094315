//! The peers: one file for each, as its documentation advises to use it.

mod actix;
mod bare;
mod consumer;
mod crossbeam;
mod flume;
mod kameo;
mod kanal;
mod ractor;
mod roboplc;
mod rtsc;
mod std_mpsc;
mod tokio;
mod tonari;
mod xtra;

use pyaltt_benches::contender::Contender;
use pyaltt_benches::ours;

/// Everyone, in the order of the tables.
pub(crate) fn contenders() -> Vec<Contender> {
    let mut all = ours::contenders();
    all.extend([
        bare::thread(),
        bare::futex(),
        bare::parker(),
        bare::flag(),
        crossbeam::contender(),
        crossbeam::select(),
        crossbeam::with_flag(),
        std_mpsc::contender(),
        flume::contender(),
        kanal::contender(),
        tokio::contender(),
        rtsc::contender(),
        actix::contender(),
        kameo::contender(),
        ractor::contender(),
        xtra::contender(),
        tonari::contender(),
        roboplc::contender(),
    ]);
    all
}
