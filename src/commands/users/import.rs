//! `dynamoi users import`: records, a line each.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use store::people::{
    PeopleError,
    import::{Import, Told},
};

use super::{Room, input::Lines};
use crate::commands::{Exit, output, privacy};

/// What became of the lines.
struct Counts {
    /// How many were read so far.
    bar: ProgressBar,
    added: u64,
    corrected: u64,
    unchanged: u64,
    refused: u64,
}

/// Each line by itself: what is refused is told by its number.
pub async fn all(room: &Room, lines: &mut Lines) -> Result<Exit, PeopleError> {
    let mut counts = Counts { bar: bar(), added: 0, corrected: 0, unchanged: 0, refused: 0 };
    let mut import = Import::new(&room.people, &room.tenant);
    for number in 1.. {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(problem) => {
                counts.tell(import.flush().await?);
                counts.refuse(number, &problem);
                break;
            }
        };
        counts.bar.inc(1);
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let step = import.take(number, &line).await?;
        counts.tell(step.told);
        let Some((id, form)) = step.known else { continue };
        match privacy::rectify(room, &id, form).await {
            Ok(true) => {
                privacy::to_tell(room, &id).await?;
                counts.corrected += 1;
            }
            Ok(false) => counts.unchanged += 1,
            // What fails for all is told once.
            Err(PeopleError::Store(error)) => return Err(error.into()),
            Err(error) => counts.refuse(number, &error),
        }
    }
    counts.tell(import.flush().await?);
    let Counts { bar, added, corrected, unchanged, refused } = counts;
    bar.finish_and_clear();
    let unchanged = if unchanged > 0 { format!(", {unchanged} unchanged") } else { String::new() };
    output::complain(format_args!("{added} added, {corrected} corrected, {refused} refused{unchanged}"));
    Ok(if refused > 0 { Exit::Failed } else { Exit::Done })
}

/// Moves for somebody who looks.
fn bar() -> ProgressBar {
    let bar = if io::stderr().is_terminal() { ProgressBar::no_length() } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{spinner} {human_pos} lines read, {per_sec}, {elapsed}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

// === impl Counts ===

impl Counts {
    fn tell(&mut self, told: Vec<Told>) {
        for (line, added) in told {
            match added {
                Ok(()) => self.added += 1,
                Err(error) => self.refuse(line, &error),
            }
        }
    }

    fn refuse(&mut self, line: u64, problem: &dyn std::fmt::Display) {
        self.refused += 1;
        self.bar.suspend(|| output::complain(format_args!("line {line}: {problem}")));
    }
}
