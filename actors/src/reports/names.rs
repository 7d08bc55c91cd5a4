//! Names of files that are none of ours.

/// What programs call a file that they still write.
const HALF_WRITTEN: [&str; 3] = [".part", ".tmp", ".crdownload"];
/// What systems leave in folders.
const LITTER: [&str; 2] = ["thumbs.db", "desktop.ini"];

/// Whether a file or folder is hidden or half-written: it is left alone.
pub fn is_left_alone(name: &str) -> bool {
    let lower = name.to_lowercase();
    name.starts_with(['.', '~'])
        || HALF_WRITTEN.iter().any(|end| lower.ends_with(end))
        || LITTER.contains(&lower.as_str())
}
