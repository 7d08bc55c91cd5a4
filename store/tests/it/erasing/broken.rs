//! An erasure that breaks off at any step is finished by whoever opens the people next.

use std::fs;

use sea_orm::DbBackend;
use store::people::erasure::Settled;

use super::{ADA, Crowd, LINKED, TENANT, connection, everywhere, expect_emptied, named, told};
use crate::support::Bench;

/// What is made impossible, and how far the erasure has come by then.
struct Step {
    what: What,
    /// The journal has a line of it.
    is_wished: bool,
    /// The rows are gone.
    is_emptied: bool,
    /// The key is gone.
    is_keyless: bool,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Journal,
    /// A change of a table of the database.
    Table(&'static str, &'static str),
    /// A change of a table of the key store.
    Keys(&'static str, &'static str),
}

/// In their order.
const STEPS: [Step; 8] = [
    step(What::Journal, 0),
    step(What::Table("tombstones", "INSERT"), 1),
    step(What::Table("users", "UPDATE"), 1),
    step(What::Table("erasures", "INSERT"), 1),
    step(What::Keys("data_keys", "DELETE"), 2),
    step(What::Keys("anchors", "UPDATE"), 3),
    step(What::Table("erasures", "UPDATE"), 3),
    step(What::Table("audit_log", "INSERT"), 3),
];

const fn step(what: What, reached: u8) -> Step {
    Step { what, is_wished: reached > 0, is_emptied: reached > 1, is_keyless: reached > 2 }
}

// === impl What ===

impl What {
    async fn forbid(self, bench: &Bench, crowd: &Crowd) {
        match self {
            // Nobody can write into a directory as into a file.
            Self::Journal => fs::rename(crowd.journal(), aside(crowd))
                .and_then(|()| fs::create_dir(crowd.journal()))
                .unwrap(),
            Self::Table(table, change) if bench.backend() == DbBackend::Postgres => {
                let refuse = "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
                              $$ BEGIN RAISE EXCEPTION 'not now'; END $$";
                bench.execute(refuse).await;
                let trigger =
                    format!("CREATE TRIGGER no BEFORE {change} ON {table} EXECUTE FUNCTION refuse()");
                bench.execute(&trigger).await;
            }
            Self::Table(table, change) => bench.execute(&trigger(table, change)).await,
            Self::Keys(table, change) => crowd.in_key_store(&trigger(table, change)).await,
        }
    }

    async fn allow(self, bench: &Bench, crowd: &Crowd) {
        match self {
            Self::Journal => fs::remove_dir(crowd.journal())
                .and_then(|()| fs::rename(aside(crowd), crowd.journal()))
                .unwrap(),
            Self::Table(table, _) if bench.backend() == DbBackend::Postgres => {
                bench.execute(&format!("DROP TRIGGER no ON {table}")).await;
            }
            Self::Table(..) => bench.execute("DROP TRIGGER no").await,
            Self::Keys(..) => crowd.in_key_store("DROP TRIGGER no").await,
        }
    }
}

fn aside(crowd: &Crowd) -> std::path::PathBuf {
    crowd.directory.path().join("aside")
}

/// On SQLite.
fn trigger(table: &str, change: &str) -> String {
    format!("CREATE TRIGGER no BEFORE {change} ON {table} BEGIN SELECT RAISE(ABORT, 'not now'); END")
}

fn lines(crowd: &Crowd) -> usize {
    fs::read_to_string(crowd.journal()).unwrap().lines().count()
}

pub async fn an_erasure_that_breaks_off_at_any_step_is_finished(bench: &Bench) {
    let crowd = Crowd::of(bench).await;
    crowd.people.guard_writer().await.unwrap();
    let epoch = connection(&bench.store, LINKED, TENANT).await;
    // Somebody was erased before: journal, marks and anchors are there.
    let first = crowd.add(TENANT, "first").await;
    crowd.people.erase(TENANT, &first, "test", &[]).await.unwrap();
    for (number, Step { what, is_wished, is_emptied, is_keyless }) in (1..).zip(STEPS) {
        let user = crowd.add(TENANT, "ada").await;
        let customer = format!("{ADA}_{number}");
        crowd.link(TENANT, &user, LINKED, &customer).await;
        bench.commit(told(LINKED, epoch, &customer, &format!("{number}"))).await;
        let (lines_before, done) = (lines(&crowd), bench.count("erasures WHERE state = 'done'").await);

        what.forbid(bench, &crowd).await;
        let broken = crowd.people.erase(TENANT, &user, "test", &[]).await;
        let broken = broken.unwrap_err().to_string();
        assert_eq!(broken.contains("is noted in the erasure journal"), is_wished, "{what:?}: {broken}");
        assert!(!broken.contains("rebuild"), "{what:?}: {broken}");
        what.allow(bench, &crowd).await;
        assert_eq!(lines(&crowd) - lines_before, usize::from(is_wished), "{what:?}");
        let rows = named(bench, TENANT, &customer).await;
        assert_eq!(rows, if is_emptied { vec![] } else { everywhere() }, "{what:?}");
        assert_eq!(has_key(&crowd, &user).await, !is_keyless, "{what:?}");
        let shown = crowd.people.show(TENANT, &user).await;
        assert_eq!(shown.unwrap().name.is_none(), is_emptied, "{what:?}: no row is left that opens no more");
        // Whoever comes next finishes what was begun, and nothing else.
        assert_eq!(crowd.people.is_settled().await.unwrap(), !is_wished, "{what:?}");
        let settled = crowd.people.settle().await.unwrap();
        let (users, keys) = (u64::from(is_wished), u64::from(is_wished && !is_keyless));
        let expected = Settled { users, customers: 0, keys };
        assert_eq!(settled, expected, "{what:?}");
        if !is_wished {
            assert!(crowd.people.show(TENANT, &user).await.unwrap().name.is_some());
            crowd.people.erase(TENANT, &user, "test", &[]).await.unwrap();
        }

        expect_emptied(bench, &user).await;
        assert_eq!(named(bench, TENANT, &customer).await, Vec::<&str>::new(), "{what:?}");
        assert!(!has_key(&crowd, &user).await, "{what:?}");
        assert_eq!(bench.count("erasures WHERE state = 'done'").await - done, 1, "{what:?}");
        assert_eq!(bench.count("erasures WHERE state <> 'done'").await, 0, "{what:?}");
        assert_eq!(lines(&crowd) - lines_before, 2, "{what:?}: wished, and done");
        assert!(crowd.people.is_settled().await.unwrap(), "{what:?}");
        let again = crowd.people.erase(TENANT, &user, "test", &[]).await.unwrap();
        assert!(again.is_finished() && lines(&crowd) - lines_before == 2, "{what:?}: once is enough");
        bench.commit(told(LINKED, epoch, "cus_other", "other")).await;
    }
    let verified = crowd.people.verify().await.unwrap();
    assert_eq!(verified.findings, Vec::<String>::new());
    crowd.people.close().await;
}

/// Whether the key store has a user's key.
async fn has_key(crowd: &Crowd, user: &str) -> bool {
    use sea_orm::{ConnectionTrait, Database, Statement};
    let url = format!("sqlite://{}", crowd.directory.path().join("keys.db").display());
    let keys = Database::connect(url).await.unwrap();
    let query = format!("SELECT 1 AS one FROM data_keys WHERE name = 'user/{user}'");
    let row = keys.query_one_raw(Statement::from_string(DbBackend::Sqlite, query)).await.unwrap();
    keys.close().await.unwrap();
    row.is_some()
}
