//! Which file is meant by a name, a path or the beginning of a hash.

use rows::files::{FileRecord, FileState, short_hash};

/// Fewer digits of a hash are taken for a name.
const HASH_DIGITS_MIN: usize = 8;
/// Files that a message lists, before it says how many more there are.
const LISTED_MAX: usize = 10;

/// The one file that is meant. Of several with one name, the one that waits.
pub fn find<'a>(name: &str, files: &'a [FileRecord]) -> Result<&'a FileRecord, String> {
    let found: Vec<&FileRecord> = files.iter().filter(|file| is_named(file, name)).collect();
    match &found[..] {
        [file] => return Ok(file),
        [] => return Err(not_found(name, files)),
        _ => {}
    }
    let mut waiting = found.iter().filter(|file| file.state == FileState::Quarantined);
    match (waiting.next(), waiting.next()) {
        (Some(file), None) => Ok(file),
        _ => Err(format!(
            "{name:?} names {} files: say which by its hash (and --connection)\n{}",
            found.len(),
            listed(&found)
        )),
    }
}

/// Whether a file has this name, path, or beginning of a hash.
fn is_named(file: &FileRecord, name: &str) -> bool {
    let is_hash = name.len() >= HASH_DIGITS_MIN && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash && file.sha256.starts_with(&name.to_lowercase()) {
        return true;
    }
    let name = name.trim_start_matches("./");
    let path = path(file);
    path == name || path.strip_suffix(name).is_some_and(|rest| rest.ends_with('/'))
}

/// Where it lies: below what is watched, and in its archive.
pub fn path(file: &FileRecord) -> String {
    match &file.member {
        Some(member) => format!("{}/{member}", file.name),
        None => file.name.clone(),
    }
}

/// Its path and the beginning of its hash.
pub fn described(file: &FileRecord) -> String {
    format!("{} ({})", path(file), short_hash(&file.sha256))
}

fn not_found(name: &str, files: &[FileRecord]) -> String {
    let waiting: Vec<&FileRecord> =
        files.iter().filter(|file| file.state == FileState::Quarantined).collect();
    let hint = if waiting.is_empty() {
        "no file waits for a decision; `dynamoi files list` shows what was seen".to_owned()
    } else {
        format!("these wait for a decision:\n{}", listed(&waiting))
    };
    format!(
        "no file is called {name:?}: expected a name, a path or at least {HASH_DIGITS_MIN} digits of a hash; {hint}"
    )
}

fn listed(files: &[&FileRecord]) -> String {
    let line = |file: &&FileRecord| {
        format!(
            "  {}  {:<11}  {}: {}",
            short_hash(&file.sha256),
            file.state.as_str(),
            file.connection,
            path(file)
        )
    };
    let mut lines: Vec<String> = files.iter().take(LISTED_MAX).map(line).collect();
    if files.len() > LISTED_MAX {
        lines.push(format!("  … and {} more", files.len() - LISTED_MAX));
    }
    lines.join("\n")
}
