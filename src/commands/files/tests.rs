//! Which file is meant, and what may be decided about it.

use jiff::Timestamp;

use super::*;

fn record(sha256: &str, name: &str, state: FileState) -> FileRecord {
    FileRecord {
        connection: "label".to_owned(),
        sha256: sha256.repeat(8),
        name: name.to_owned(),
        member: None,
        size_bytes: 1,
        state,
        layout: Some("distrokid".to_owned()),
        unit: Some("lifetime".to_owned()),
        period: None,
        statement_period: None,
        rows: Some(1),
        rejected: None,
        totals: None,
        made_at: None,
        reason: None,
        replaces: None,
        superseded_by: None,
        decided_by: None,
        first_seen_at: Timestamp::UNIX_EPOCH,
        loaded_at: None,
    }
}

fn files() -> Vec<FileRecord> {
    vec![
        record("aaaaaaaa", "2026/june.csv", FileState::Loaded),
        record("aaaabbbb", "june.csv", FileState::Quarantined),
        record("cccccccc", "old/june.csv", FileState::Superseded),
        FileRecord {
            member: Some("a/own.csv".to_owned()),
            unit: None,
            ..record("dddddddd", "all.zip", FileState::Quarantined)
        },
    ]
}

#[test]
fn a_file_is_named_by_name_path_or_hash() {
    let files = files();
    let found = |name: &str| find(name, &files).map(|file| file.sha256[..4].to_owned());
    assert_eq!(found("2026/june.csv").as_deref(), Ok("aaaa"));
    assert_eq!(found("./old/june.csv").as_deref(), Ok("cccc"));
    assert_eq!(found("june.csv").as_deref(), Ok("aaaa"), "of several, the one that waits");
    assert_eq!(find("june.csv", &files).unwrap().state, FileState::Quarantined);
    assert_eq!(find("AAAABBBB", &files).unwrap().name, "june.csv");
    assert_eq!(found("own.csv").as_deref(), Ok("dddd"));
    assert_eq!(found("all.zip/a/own.csv").as_deref(), Ok("dddd"));
    for (name, expected) in [
        ("aaaabbb", "no file is called"),
        ("une.csv", "no file is called"),
        ("july.csv", "these wait for a decision"),
        ("ffffffff", "no file is called"),
    ] {
        let problem = found(name).unwrap_err();
        assert!(problem.contains(expected), "{name}: {problem}");
    }
    let loaded = [
        record("aaaaaaaa", "x/june.csv", FileState::Loaded),
        record("bbbbbbbb", "y/june.csv", FileState::Loaded),
    ];
    assert!(find("june.csv", &loaded).unwrap_err().contains("names 2 files"));
}

fn accept(replace: Option<&str>, add: bool) -> Accept {
    Accept {
        file: String::new(),
        replace: replace.map(str::to_owned),
        add,
        from: None,
        to: None,
        whose: Whose { source: ConfigFiles { files: Vec::new() }, connection: None },
    }
}

#[test]
fn what_takes_a_place_must_be_said() {
    let files = files();
    let decide = |accept: &Accept| accept.decision(&files[1], &files, None);
    let problem = decide(&accept(None, false)).unwrap_err();
    assert!(problem.contains("2026/june.csv") && problem.contains("--add"), "{problem}");
    assert_eq!(decide(&accept(None, true)), Ok(FileDecision::Accept { replaces: None, period: None }));
    let replaced = Some(files[0].sha256.clone());
    assert_eq!(
        decide(&accept(Some("2026/june.csv"), false)),
        Ok(FileDecision::Accept { replaces: replaced, period: None })
    );
    let problem = decide(&accept(Some("old/june.csv"), false)).unwrap_err();
    assert!(problem.contains("only a loaded file"), "{problem}");
    // Of a file whose unit nobody knows there is no doubt to settle.
    assert!(accept(None, false).decision(&files[3], &files, None).is_ok());
}
