//! A pooler (`pgbouncer`) in front of PostgreSQL.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt, process::Command};

use tempfile::TempDir;

use crate::{
    postgres::{self, PASSWORD, Server},
    support::{Bench, PATIENCE, program::until_state, sql::Eyes, until},
    tools,
};

/// A running one; ended when dropped.
struct Pooler {
    directory: TempDir,
    port: u16,
}

// === impl Pooler ===

impl Pooler {
    /// In front of a database, once for each mode.
    fn start(server: &Server, database: &str) -> Self {
        let program = tools::find("pgbouncer", "pgbouncer");
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let place = directory.path().display();
        let target =
            format!("host=127.0.0.1 port={} dbname={database} user=worker password={PASSWORD}", server.port);
        let configuration = format!(
            "[databases]\nsession = {target} pool_mode=session\ntransaction = {target} pool_mode=transaction\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_type = any\nunix_socket_dir =\n\
             pidfile = {place}/pid\nlogfile = {place}/log\n"
        );
        let file = directory.path().join("pgbouncer.ini");
        fs::write(&file, configuration).unwrap();
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        let mut command = if is_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        postgres::run(command.arg("-d").arg(file));
        Self { directory, port }
    }

    fn url(&self, mode: &str) -> String {
        format!("postgres://worker:x@127.0.0.1:{}/{mode}", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        if let Ok(id) = fs::read_to_string(self.directory.path().join("pid")) {
            let _ = Command::new("kill").arg(id.trim()).status();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_behind_a_pooler_or_says_what_to_set() {
    let server = Server::start();
    let url = server.database("pooled").await;
    let pooler = Pooler::start(&server, "pooled");
    let bench = Bench::on(tempfile::tempdir().unwrap(), pooler.url("session"), 73);
    let mut daemon = bench.start(&["run"]);
    let address = daemon.address().await;
    assert!(daemon.err().contains("ALTER ROLE"), "{}", daemon.err());
    until_state(address, "label-a-stripe", "idle").await;
    let eyes = Eyes::open(&url).await;
    until("its session's lock is kept", async || {
        let held = "SELECT count(*) AS n FROM workers WHERE locked AND ended_at IS NULL";
        (eyes.number(held).await == 1).then_some(())
    })
    .await;
    assert!(bench.run(&["run", "--once"]).await.expect(1).err.contains("--take-over"));
    daemon.signal("TERM").await;
    daemon.ended(PATIENCE).await.expect(0);

    let bench = Bench::on(tempfile::tempdir().unwrap(), pooler.url("transaction"), 73);
    let ended = bench.run(&["run", "--once"]).await;
    // Newer ones know prepared statements by themselves.
    let says = ended.err.contains("pool_mode = session") && ended.err.contains("max_prepared_statements");
    assert!(ended.code == Some(0) || (ended.code == Some(1) && says), "{ended:?}");
}
