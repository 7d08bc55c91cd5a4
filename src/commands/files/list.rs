//! `dynamoi files list`.

use std::fmt::Write as _;

use comfy_table::{Table, presets};
use dynamoi::terminal;
use rows::{
    DayRange,
    files::{FileRecord, FileState, short_hash},
};
use serde_json::{Value, json};

use super::{
    super::{Exit, output},
    named,
};

/// Prints files for people, or for programs.
pub fn print(files: &[FileRecord], json: bool) -> Exit {
    if json {
        let files: Vec<Value> = files.iter().map(for_programs).collect();
        return output::print_data(&format!("{:#}\n", json!({ "files": files })));
    }
    if files.is_empty() {
        return output::print("no file was seen\n");
    }
    output::print(&for_people(files))
}

fn for_programs(file: &FileRecord) -> Value {
    // What is no JSON stays text.
    let totals =
        file.totals.as_ref().map(|totals| serde_json::from_str(totals).unwrap_or_else(|_| json!(totals)));
    json!({
        "connection": file.connection,
        "sha256": file.sha256,
        "name": file.name,
        "member": file.member,
        "size_bytes": file.size_bytes,
        "state": file.state.as_str(),
        "layout": file.layout,
        "period_start": file.period.map(|period| period.first.to_string()),
        "period_end": file.period.map(|period| period.last.to_string()),
        "statement_period": file.statement_period,
        "rows": file.rows,
        "rejected": file.rejected,
        "totals": totals,
        "reason": file.reason,
        "replaces": file.replaces,
        "superseded_by": file.superseded_by,
        "decided_by": file.decided_by,
        "first_seen_at": file.first_seen_at.to_string(),
        "loaded_at": file.loaded_at.map(|at| at.to_string()),
    })
}

fn for_people(files: &[FileRecord]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY).set_header([
        "connection",
        "file",
        "hash",
        "state",
        "layout",
        "period",
        "rows",
        "totals",
    ]);
    for file in files {
        let cells = [
            file.connection.clone(),
            named::path(file),
            short_hash(&file.sha256).to_owned(),
            state(file),
            file.layout.clone().unwrap_or_default(),
            file.period.map(period).unwrap_or_default(),
            file.rows.map(|rows| rows.to_string()).unwrap_or_default(),
            file.totals.as_deref().map(totals).unwrap_or_default(),
        ];
        table.add_row(cells.map(|cell| terminal::line(&cell).into_owned()));
    }
    let mut text = format!("{table}\n");
    let waiting = files.iter().filter(|file| file.state == FileState::Quarantined && !file.is_accepted());
    for file in waiting {
        let reason = file.reason.as_deref().unwrap_or("it waits for a decision");
        let line = format!("{}: {reason}", named::described(file));
        let _ = writeln!(text, "\n{}", terminal::line(&line));
    }
    text
}

fn state(file: &FileRecord) -> String {
    if file.is_accepted() {
        return format!(
            "{}, accepted by {}",
            file.state.as_str(),
            file.decided_by.as_deref().unwrap_or_default()
        );
    }
    file.state.as_str().to_owned()
}

fn period(period: DayRange) -> String {
    if period.first == period.last {
        return period.first.to_string();
    }
    format!("{} to {}", period.first, period.last)
}

/// `{"EUR":"12.34"}` as `12.34 EUR`.
fn totals(json: &str) -> String {
    let Ok(Value::Object(totals)) = serde_json::from_str(json) else { return json.to_owned() };
    let of = |(currency, sum): (&String, &Value)| format!("{} {currency}", sum.as_str().unwrap_or_default());
    totals.iter().map(of).collect::<Vec<_>>().join(", ")
}
