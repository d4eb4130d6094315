//! Processes of the tests: this very program, told to play a part.

use testkit::Actor;

#[apply(bounded)]
fn a_child_plays_its_part() {
    let Some((part, folder)) = Actor::part() else { return };
    match &*part {
        "consumer" => crate::accounts::consume(&folder),
        #[cfg(target_os = "linux")]
        "grower" => crate::growth::grow(&folder),
        #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
        "writer" => crate::power::write(&folder),
        #[cfg(unix)]
        part => crate::deaths::play(part, &folder),
        #[cfg(not(unix))]
        part => panic!("no part: {part}"),
    }
}
