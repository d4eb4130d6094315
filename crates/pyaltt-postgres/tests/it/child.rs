//! Processes of the tests: this very program, told to play a part.

use testkit::Actor;

#[apply(bounded)]
fn a_child_plays_its_part() {
    let Some((part, folder)) = Actor::part() else { return };
    assert_eq!(part, "consumer");
    crate::accounts::consume(&folder);
}
