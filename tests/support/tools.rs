//! Programs that tests need.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

/// Set by whoever lets tests install what they need.
const INSTALL: &str = "DYNAMOI_TEST_INSTALL";

/// The program, on PATH or in Debian's usual places. When it is missing, it is installed if `DYNAMOI_TEST_INSTALL=1`
/// allows that; else the test fails with the command to run.
pub fn find(program: &str, package: &str) -> PathBuf {
    if let Some(path) = look(program) {
        return path;
    }
    let install = format!("apt-get install -y --no-install-recommends {package}");
    assert!(
        std::env::var_os(INSTALL).is_some_and(|value| value == "1"),
        "{program} is missing: run `{install}`, or set {INSTALL}=1 to let the tests do it"
    );
    // Test programs run side by side, and only one may install at a time.
    let turn = File::create(std::env::temp_dir().join("dynamoi-test-install.lock")).unwrap();
    turn.lock().unwrap();
    if let Some(path) = look(program) {
        return path;
    }
    eprintln!("{program} is missing: installing it with `{install}`");
    for arguments in [vec!["update", "-q"], vec!["install", "-y", "--no-install-recommends", package]] {
        let done = Command::new("apt-get").args(&arguments).env("DEBIAN_FRONTEND", "noninteractive").status();
        assert!(done.is_ok_and(|status| status.success()), "`apt-get {}` failed", arguments.join(" "));
    }
    look(program).unwrap_or_else(|| panic!("{program} is missing although `{install}` succeeded"))
}

fn look(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.extend(["/usr/sbin", "/usr/local/bin"].map(PathBuf::from));
    if let Ok(versions) = Path::new("/usr/lib/postgresql").read_dir() {
        places.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    places.into_iter().map(|place| place.join(program)).find(|path| path.is_file())
}
