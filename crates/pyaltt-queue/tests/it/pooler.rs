//! A pooler before the server, which takes no settings of sessions.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread;

use testkit::Database;

/// The answer to a client that has settings for its session.
const REFUSAL: &[u8] = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0";

/// Begins to pass on what clients of a database say. Returns the URL for them.
pub(crate) fn before(database: &Database) -> String {
    let socket = database.server().socket();
    let folder = socket.parent().unwrap().join(format!("pooler_{}", database.name()));
    std::fs::create_dir(&folder).unwrap();
    let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, socket) = (client.unwrap(), socket.clone());
            // A client that goes away is no trouble.
            thread::spawn(move || serve(client, socket).ok());
        }
    });
    let folder = folder.display().to_string().replace('/', "%2F");
    format!("postgres://postgres@{folder}/{}", database.name())
}

fn serve(mut client: UnixStream, server: PathBuf) -> io::Result<()> {
    // The first message: its length, and then the parameters.
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let mut startup = vec![0; u32::from_be_bytes(length) as usize - length.len()];
    client.read_exact(&mut startup)?;
    if startup.windows(9).any(|part| part == b"\0options\0") {
        let refusal_length = u32::try_from(REFUSAL.len() + 4).unwrap().to_be_bytes();
        return client.write_all(&[b"E", &refusal_length[..], REFUSAL].concat());
    }
    let mut server = UnixStream::connect(server)?;
    server.write_all(&[&length[..], &startup].concat())?;
    let (mut answers, mut back) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        io::copy(&mut answers, &mut back).ok();
        back.shutdown(Shutdown::Both).ok();
    });
    io::copy(&mut client, &mut server)?;
    server.shutdown(Shutdown::Both)
}
