//! Whose place a file takes.

use super::{
    FileFacts, FileRecord, FileState, short_hash,
    unit::{Meeting, Stands},
};

/// Files of transactions that an earlier version loaded have no names of them.
const TRANSACTIONS_UNKNOWN: &str =
    "was loaded by a version that kept no transactions, and speaks of some of the same days";

impl FileFacts {
    /// The loaded files whose place this one takes, of all that are `known` of the connection: those that a person named,
    /// else all that stand for some of the same; of those it must hold everything ([`FileFacts::lacks`] is said otherwise).
    /// `Err`: it waits, and why.
    pub fn takes_place_of<'a>(&self, known: &'a [FileRecord]) -> Result<Vec<&'a FileRecord>, String> {
        let mut loaded =
            known.iter().filter(|file| file.state == FileState::Loaded && file.sha256 != self.sha256);
        let own = known.iter().find(|file| file.sha256 == self.sha256);
        if let Some(accepted) = own.filter(|file| file.is_accepted()) {
            let Some(named) = &accepted.replaces else { return Ok(Vec::new()) };
            return match loaded.find(|file| file.sha256 == *named) {
                Some(file) => Ok(vec![file]),
                None => Err(format!(
                    "the file {} that it was to replace is not loaded (any more): {}",
                    short_hash(named),
                    self.what_to_type("HASH")
                )),
            };
        }
        if self.by_day {
            return Ok(Vec::new());
        }
        let mut same: Vec<&FileRecord> = Vec::new();
        for file in loaded {
            let Some(stands) = Stands::of_record(file) else { continue };
            match Stands::of_facts(self).meets(stands) {
                Meeting::Apart => {}
                Meeting::Whole => same.push(file),
                Meeting::Part(part) => return Err(self.meets_in(file, &part.to_string())),
                Meeting::Unknown => return Err(self.meets_in(file, TRANSACTIONS_UNKNOWN)),
            }
        }
        let newer =
            same.iter().find(|file| self.made_at.zip(file.made_at).is_some_and(|(own, its)| own < its));
        match newer {
            Some(file) => Err(format!(
                "it was made before {} ({}), which is loaded and stands for the same: {}",
                file.name,
                short_hash(&file.sha256),
                self.what_to_type(&file.sha256)
            )),
            None => Ok(same),
        }
    }

    /// Why it waits when it lacks so many of the (period, store, country, track) that another file holds, for example one
    /// of this track or object.
    pub fn lacks(&self, other: &FileRecord, missing: u64, example: &str) -> String {
        format!(
            "it stands for the same as {} ({}), which is loaded, and lacks {missing} of its entries (period, store, country, \
             track), for example of {example:?}: {}",
            other.name,
            short_hash(&other.sha256),
            self.what_to_type(&other.sha256)
        )
    }

    /// Why it waits when it stands for some of the same as another one.
    fn meets_in(&self, other: &FileRecord, why: &str) -> String {
        format!(
            "{} ({}), which is loaded, {why}: {}",
            other.name,
            short_hash(&other.sha256),
            self.what_to_type(&other.sha256)
        )
    }

    fn what_to_type(&self, replaced: &str) -> String {
        let (own, replaced) = (short_hash(&self.sha256), short_hash(replaced));
        format!(
            "`dynamoi files accept {own} --replace {replaced}` to load it instead, `dynamoi files accept {own} --add` to load \
             it as well, `dynamoi files reject {own}` to leave it out"
        )
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn facts(sha256: &str, unit: &str) -> FileFacts {
        FileFacts {
            sha256: sha256.to_owned(),
            size_bytes: 1,
            layout: "distrokid".to_owned(),
            unit: unit.to_owned(),
            by_day: false,
            period: None,
            statement_period: None,
            rows: 1,
            rejected: 0,
            totals: None,
            made_at: Timestamp::from_second(100).ok(),
            notes: Vec::new(),
        }
    }

    fn record(sha256: &str, unit: &str, state: FileState) -> FileRecord {
        let FileFacts { layout, unit, made_at, .. } = facts(sha256, unit);
        FileRecord {
            connection: "label".to_owned(),
            sha256: sha256.to_owned(),
            name: format!("{sha256}.csv"),
            member: None,
            size_bytes: 1,
            state,
            layout: Some(layout),
            unit: Some(unit),
            period: None,
            statement_period: None,
            rows: Some(1),
            rejected: Some(0),
            totals: None,
            made_at,
            reason: None,
            replaces: None,
            superseded_by: None,
            decided_by: None,
            first_seen_at: Timestamp::UNIX_EPOCH,
            loaded_at: None,
        }
    }

    fn places(facts: &FileFacts, known: &[FileRecord]) -> Result<Vec<String>, String> {
        Ok(facts.takes_place_of(known)?.into_iter().map(|file| file.sha256.clone()).collect())
    }

    #[test]
    fn a_file_takes_the_place_of_what_is_loaded_of_its_unit() {
        let known = [
            record("a", "2026-06", FileState::Loaded),
            record("b", "2026-06", FileState::Superseded),
            record("c", "2026-07", FileState::Loaded),
            FileRecord { layout: Some("tunecore".into()), ..record("d", "2026-06", FileState::Loaded) },
            record("new", "2026-06", FileState::Loading),
        ];
        assert_eq!(places(&facts("new", "2026-06"), &known).unwrap(), ["a"]);
        let by_day = FileFacts { by_day: true, ..facts("new", "2026-06") };
        assert_eq!(places(&by_day, &known).unwrap(), [""; 0]);
    }

    #[test]
    fn a_file_of_several_statements_meets_those_of_each() {
        let known = [
            record("july", "distrokid statements 2026-07", FileState::Loaded),
            record("august", "distrokid statements 2026-08", FileState::Loaded),
            record("september", "distrokid statements 2026-09", FileState::Loaded),
            record("both", "distrokid statements 2026-10 2026-11", FileState::Loaded),
        ];
        let of = |unit: &str| places(&facts("new", &format!("distrokid statements {unit}")), &known);
        assert_eq!(of("2026-07 2026-08").unwrap(), ["july", "august"]);
        assert_eq!(of("2026-12").unwrap(), [""; 0]);
        assert_eq!(of("2026-10 2026-11 2026-12").unwrap(), ["both"]);
        let reason = of("2026-11").unwrap_err();
        for word in ["both.csv", "of 2026-10, of which this one has none", "accept new --replace both"] {
            assert!(reason.contains(word), "{word}: {reason}");
        }
    }

    #[test]
    fn a_file_that_was_made_earlier_waits() {
        let known = [record("a", "dsr", FileState::Loaded)];
        let made = |second| FileFacts { made_at: Timestamp::from_second(second).ok(), ..facts("new", "dsr") };
        assert!(places(&made(99), &known).unwrap_err().contains("accept new --replace a"));
        assert_eq!(places(&made(100), &known).unwrap(), ["a"]);
        assert_eq!(places(&FileFacts { made_at: None, ..made(0) }, &known).unwrap(), ["a"]);
    }

    #[test]
    fn what_a_person_decided_holds() {
        let decided = |replaces: Option<&str>| FileRecord {
            decided_by: Some("ada".into()),
            replaces: replaces.map(str::to_owned),
            ..record("new", "2026-06", FileState::Loading)
        };
        let of = |replaces| {
            let known = [
                record("a", "2026-06", FileState::Loaded),
                record("c", "2026-07", FileState::Loaded),
                record("d", "2026-07", FileState::Superseded),
                decided(replaces),
            ];
            places(&FileFacts { made_at: None, ..facts("new", "2026-06") }, &known)
        };
        assert_eq!(of(None).unwrap(), [""; 0]);
        assert_eq!(of(Some("c")).unwrap(), ["c"]);
        assert!(of(Some("d")).unwrap_err().contains("not loaded"));
    }
}
