//! A test in a process of its own: for what a process has once, such as signal handlers and TLS defaults, which other tests
//! of this binary have set long since.

use std::{path::Path, time::Duration};

use tokio::process::Command;

use super::program::{Ended, Program};

/// Says to a test that it is alone.
const ALONE: &str = "DYNAMOI_TEST_ALONE";

/// Starts this test (its path, an `#[ignore]`d one) in a process of its own.
pub fn start(directory: &Path, test: &str, environment: &[(&str, &str)]) -> Program {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]).env(ALONE, "1");
    Program::spawn(directory, &mut command, environment)
}

/// Runs this test in a process of its own, to its end; it must have run, and well.
pub async fn run(test: &str, within: Duration) -> Ended {
    let directory = tempfile::tempdir().unwrap();
    let ended = start(directory.path(), test, &[]).ended(within).await.expect(0);
    assert!(ended.out.contains("1 passed"), "{}\n{}", ended.out, ended.err);
    ended
}

/// Whether this is such a process. A test that is not alone has nothing to say.
pub fn is_alone() -> bool {
    std::env::var_os(ALONE).is_some()
}
