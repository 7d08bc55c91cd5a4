//! Programs from npm that tests need.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::tools;

/// Set by whoever lets tests install what they need.
const INSTALL: &str = "DYNAMOI_TEST_INSTALL";

/// A file of a package, which is unpacked into `target/tools` and never committed. Missing: it is fetched if
/// `DYNAMOI_TEST_INSTALL=1` allows that; else the test fails with the command to run.
pub fn file(package: &str, version: &str, path: &str) -> PathBuf {
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools");
    let directory = tools.join(format!("{package}-{version}"));
    let file = directory.join("package").join(path);
    if file.is_file() {
        return file;
    }
    let pack = format!(
        "mkdir -p {directory} && cd {directory} && npm pack --silent {package}@{version} && tar xzf *.tgz",
        directory = directory.display()
    );
    assert!(
        std::env::var_os(INSTALL).is_some_and(|value| value == "1"),
        "{package} is missing: run `{pack}`, or set {INSTALL}=1 to let the tests do it"
    );
    tools::find("npm", "npm");
    eprintln!("{package} is missing: `{pack}`");
    let done = Command::new("sh").args(["-c", &pack]).status();
    assert!(done.is_ok_and(|status| status.success()) && file.is_file(), "`{pack}` failed");
    file
}
