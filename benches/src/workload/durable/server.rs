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

/// The database of all runs.
const DATABASE: &str = "pyaltt_bench";

/// Ends whatever still uses the database, and removes all that is in it. A new database instead would cost a checkpoint, which
/// whoever runs next would pay for.
const EMPTY: &str = "
    select pg_terminate_backend(pid, 10000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend';
    do $$ declare s text; begin
        for s in select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
            execute format('drop schema %I cascade', s);
        end loop;
        create schema public;
    end $$";

/// The address of the database of all runs, with nothing in it.
///
/// # Errors
///
/// As [`address`], and if the server refuses it.
pub fn empty_database() -> Result<String, Absence> {
    let refused = |error| Absence::new(format!("the PostgreSQL server refuses: {error}"), "look at its log");
    let connect = |address: &str| Client::connect(address, NoTls).map_err(refused);
    let exists = "select exists(select 1 from pg_database where datname = $1)";
    let mut client = connect(&address("postgres")?)?;
    if !client.query_one(exists, &[&DATABASE]).map_err(refused)?.get::<_, bool>(0) {
        client.batch_execute(&format!("create database {DATABASE}")).map_err(refused)?;
    }
    let address = address(DATABASE)?;
    connect(&address)?.batch_execute(EMPTY).map_err(refused)?;
    Ok(address)
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
