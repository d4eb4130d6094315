//! What an idle process does: nothing.

use std::time::Duration;

use pyaltt_durable::Durable;
use testkit::{Database, until};

use crate::support::{LIMIT, store_in};

#[apply(bounded)]
fn case_59_an_idle_process_makes_no_rounds() {
    let Some(database) = Database::new() else { return };
    let mail: Durable<u32> = store_in(&database).queue("mail").build().unwrap();
    let worker = pyaltt::queue(|_: u32, _| ()).queue(mail.clone()).start().unwrap();
    mail.put(1).unwrap();
    let mut client = database.client();
    let rests = "select exists(select 1 from pyaltt.owner where idle_kind is not null) and
                 (select count(*) from pg_stat_activity where datname = current_database() and application_name like 'pyaltt%'
                  and clock_timestamp() - state_change > $1::text::interval) = 2";
    let limit = format!("{} ms", Duration::from_secs(1).as_millis());
    assert!(
        until(LIMIT, || client.query_one(rests, &[&limit]).unwrap().get(0)),
        "its link and its bell say nothing"
    );
    worker.stop().unwrap();
}
