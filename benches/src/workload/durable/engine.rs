//! The engines that the cases run on.

/// What keeps the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A SQLite file of each run.
    Sqlite,
    /// A database on a PostgreSQL server.
    Postgres,
}

/// How the ids of the cases on PostgreSQL begin.
const POSTGRES: &str = "queue-postgres-";

impl Engine {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// The one that a case runs on.
    pub fn of(id: &str) -> Self {
        if id.starts_with(POSTGRES) { Self::Postgres } else { Self::Sqlite }
    }

    /// The id of a case on it. Cases of one name do the same work on all engines.
    pub fn id(self, case: &str) -> String {
        match self {
            Self::Sqlite => format!("queue-{case}"),
            Self::Postgres => format!("{POSTGRES}{case}"),
        }
    }

    /// The title of a case on it.
    pub(super) fn title(self, title: &str) -> String {
        match self {
            Self::Sqlite => title.to_owned(),
            Self::Postgres => format!("{title}, on PostgreSQL"),
        }
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_the_engine() {
        for engine in Engine::ALL {
            assert_eq!(Engine::of(&engine.id("put-1p")), engine);
        }
        assert!(!Engine::Postgres.id("put-1p").contains(&Engine::Sqlite.id("put-1p")));
    }
}
