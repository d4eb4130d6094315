//! The PostgreSQL server of all runs.

use std::env;
use std::io;
use std::sync::OnceLock;

use pyaltt_postgres::postgres::{Client, NoTls};
use testkit::PostgresServer;

use super::folder;
use crate::absence::Absence;

/// The environment variable with the address of a server that is there already: that of its database `postgres`. The report
/// tells its runs by it.
pub const VARIABLE: &str = "PYALTT_BENCH_POSTGRES";

enum Server {
    Given(String),
    Own(PostgresServer),
}

static SERVER: OnceLock<Result<Server, Absence>> = OnceLock::new();

/// The address of a database on the server. The first call starts the server, unless one is given; it is stopped when this
/// process has ended.
///
/// # Errors
///
/// If there is no server, with what would help.
pub fn address(database: &str) -> Result<String, Absence> {
    let server = SERVER.get_or_init(start).as_ref().map_err(Absence::clone)?;
    Ok(match server {
        Server::Own(server) => server.url(database),
        Server::Given(address) => {
            let server = address.rsplit_once('/').map_or(&**address, |(server, _)| server);
            format!("{server}/{database}")
        }
    })
}

/// What further processes find in [`VARIABLE`], if the server has been started.
pub fn shared() -> Option<String> {
    SERVER.get()?.as_ref().ok()?;
    address("postgres").ok()
}

/// The version of the server, and the settings that are not those that it has by default; none if it was not started.
pub fn description() -> Option<String> {
    let mut client = Client::connect(&shared()?, NoTls).ok()?;
    let settings = "select format('%s, with %s', current_setting('server_version'), string_agg(name || ' = ' || \
                    coalesce(nullif(current_setting(name), ''), '(none)'), ', ' order by name)) from pg_settings \
                    where source in ('command line', 'configuration file', 'environment variable') \
                    and category !~ 'Locale|File Locations|Customized|Client Connection' \
                    or name in ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method')";
    client.query_one(settings, &[]).ok().map(|row| row.get(0))
}

fn start() -> Result<Server, Absence> {
    if let Ok(address) = env::var(VARIABLE) {
        return Ok(Server::Given(address));
    }
    let remedy = format!("apt-get install postgresql, or the address of a server in {VARIABLE}");
    if !folder::is_on_disk(&env::temp_dir()) {
        return Err(Absence::new(
            "the folder for temporary files is in memory",
            "set TMPDIR to one on a disk",
        ));
    }
    PostgresServer::start().map(Server::Own).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Absence::new("PostgreSQL is not installed", remedy),
        _ => Absence::new(format!("no PostgreSQL server starts: {error}"), remedy),
    })
}
