//! A pooler before the server, which gives each transaction another session: nobody can listen through it.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use pyaltt_durable::Severity;
use pyaltt_durable::engine::Engine as _;
use pyaltt_postgres::{Bell, Durable, Postgres};

use testkit::{Database, until};

use crate::support::{LIMIT, Process, done, store_in};

/// How a pooler shows that a session is not that of the client.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It takes no notice of a `LISTEN`, and finds no prepared statement again.
    Forgets,
    /// The session listens, and says so, but what it hears is told to nobody. So it is with `PgBouncer`, as long as nobody else
    /// asks for a session in between.
    IsDeaf,
    /// As before, and connections with settings of their own are refused: `PgBouncer` as it is installed.
    IsDeafAndRefusesSettings,
}

/// The answer to a client that has settings for its session.
const REFUSAL: &[u8] = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0";

/// Passes on what clients say and what they are told, but for what a session would have to be theirs for.
struct Pooler {
    folder: PathBuf,
}

impl Pooler {
    fn before(database: &Database, way: Way) -> Self {
        let server = database.server().socket();
        let folder = server.parent().unwrap().join(format!("pooler_{}_{}", database.name(), way as u8));
        std::fs::create_dir(&folder).unwrap();
        let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).unwrap();
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), UnixStream::connect(&server).unwrap());
                let (answers, back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || {
                    pass_back(answers, &back, way).ok();
                    back.shutdown(Shutdown::Both).ok();
                });
                thread::spawn(move || {
                    pass_on(client, &server, way).ok();
                    server.shutdown(Shutdown::Both).ok();
                });
            }
        });
        Self { folder }
    }

    fn url(&self, database: &Database) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}/{}", database.name())
    }
}

/// Passes on message by message. Each but the first begins with a letter; then comes its length.
fn pass_on(mut client: UnixStream, mut server: &UnixStream, way: Way) -> io::Result<()> {
    let mut is_first = true;
    loop {
        let mut head = vec![0; if is_first { 4 } else { 5 }];
        client.read_exact(&mut head)?;
        let length = u32::from_be_bytes(head[head.len() - 4..].try_into().unwrap());
        let mut body = vec![0; length as usize - 4];
        client.read_exact(&mut body)?;
        if is_first
            && way == Way::IsDeafAndRefusesSettings
            && body.windows(9).any(|part| part == b"\0options\0")
        {
            let length = u32::try_from(REFUSAL.len() + 4).unwrap().to_be_bytes();
            return client.write_all(&[b"E", &length[..], REFUSAL].concat());
        }
        if way == Way::Forgets && head[0] == b'Q' && !is_first && body.starts_with(b"listen") {
            body = b"select 1\0".to_vec();
            head = vec![b'Q', 0, 0, 0, u8::try_from(body.len() + 4).unwrap()];
        }
        // A bind: the name of a portal, which is empty, and that of a statement.
        if way == Way::Forgets && head[0] == b'B' && !is_first && body[..2] != [0, 0] {
            body[1] = b'?';
        }
        is_first = false;
        server.write_all(&head)?;
        server.write_all(&body)?;
    }
}

/// Passes back message by message, but for notifications if it is deaf.
fn pass_back(mut server: UnixStream, mut client: &UnixStream, way: Way) -> io::Result<()> {
    loop {
        let mut head = [0; 5];
        server.read_exact(&mut head)?;
        let length = u32::from_be_bytes(head[1..].try_into().unwrap());
        let mut body = vec![0; length as usize - 4];
        server.read_exact(&mut body)?;
        if head[0] != b'A' || way == Way::Forgets {
            client.write_all(&[&head[..], &body].concat())?;
        }
    }
}

#[apply(bounded)]
fn a_session_that_forgets_statements_is_used_without() {
    let Some(database) = Database::new() else { return };
    // No check has told of the pooler, as that of a queue does when it is built.
    let mut process =
        Process::of(&Postgres::connect(Pooler::before(&database, Way::Forgets).url(&database)).unwrap());
    process.put(1);
    let tasks = process.round(&[], 2).unwrap().tasks;
    assert_eq!(tasks.len(), 1);
    assert_eq!(process.round(&done(&tasks), 1).unwrap().settled, [true]);
}

#[apply(bounded)]
fn case_34_behind_a_pooler_build_says_so_and_polls() {
    says_so_and_polls(Way::Forgets);
}

#[apply(bounded)]
fn case_34_a_pooler_whose_sessions_listen_for_nobody_is_found_out() {
    says_so_and_polls(Way::IsDeaf);
}

#[apply(bounded)]
fn case_34_a_pooler_that_refuses_settings_is_connected_to_without() {
    says_so_and_polls(Way::IsDeafAndRefusesSettings);
}

/// A pooler may come between later than a check: the bell itself finds out that it is deaf.
#[apply(bounded)]
fn case_34_a_bell_that_hears_nothing_is_none() {
    let Some(database) = Database::new() else { return };
    let address = Pooler::before(&database, Way::IsDeaf).url(&database);
    let mut process = Process::of(&Postgres::connect(address).unwrap());
    let bell = process.engine.bell(process.owner).unwrap();
    process.sleep();
    Process::of(&store_in(&database)).put(1);
    // As it hears nothing, it is one that polls.
    assert!(bell.wait(Duration::from_secs(20)).unwrap());
}

fn says_so_and_polls(way: Way) {
    let Some(database) = Database::new() else { return };
    let address = Pooler::before(&database, way).url(&database);
    let runs = |store: &Postgres| {
        let mail: Durable<u32> = store.queue("mail").build().unwrap();
        let (sender, turns) = mpsc::channel();
        let worker = pyaltt::queue(move |letter: u32, _| sender.send(letter).unwrap())
            .queue(mail.clone())
            .start()
            .unwrap();
        // By another process, and long before the next look by itself.
        let other: Durable<u32> = store_in(&database).queue("mail").build().unwrap();
        let mut client = database.client();
        let is_asleep =
            "select exists(select 1 from pyaltt.owner where idle_kind is not null) and not exists(
            select 1 from pg_stat_activity where datname = current_database() and application_name = 'pyaltt'
            and clock_timestamp() - state_change < interval '20 ms')";
        for letter in 0..3 {
            // Else the look after the turn before finds it, or the one by which it falls asleep.
            assert!(until(LIMIT, || client.query_one(is_asleep, &[]).unwrap().get(0)));
            other.put(letter).unwrap();
            assert_eq!(turns.recv_timeout(Duration::from_secs(8)), Ok(letter));
        }
        worker.stop().unwrap();
        mail.stats().unwrap().engine.findings
    };
    let findings = runs(&Postgres::connect(&address).unwrap());
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!(finding.severity, Severity::Note);
    assert!(finding.to_string().contains("Bell::Poll"), "{finding}");
    // Whoever is told of it has nothing to say.
    let polling = Postgres::builder(&address).bell(Bell::Poll(Duration::from_millis(50))).connect().unwrap();
    assert_eq!(runs(&polling), []);
}
