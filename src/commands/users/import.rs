//! `dynamoi users import`: records, a line each.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use store::people::{
    PeopleError,
    import::{Import, Known, Step},
};

use super::{Room, input::Lines};
use crate::commands::{Exit, output, privacy};

/// What became of the lines.
struct Counts {
    /// Shows how many were read so far.
    bar: ProgressBar,
    /// The last line that was read.
    read: u64,
    added: u64,
    corrected: u64,
    unchanged: u64,
    refused: u64,
}

/// Each line by itself: what is refused is told by its number. What fails for all ends it, and where it ended is told.
pub async fn all(room: &Room, lines: &mut Lines) -> Result<Exit, PeopleError> {
    let mut counts = Counts { bar: bar(), read: 0, added: 0, corrected: 0, unchanged: 0, refused: 0 };
    let done = counts.of(room, lines).await;
    let Counts { bar, read, added, corrected, unchanged, refused } = counts;
    bar.finish_and_clear();
    let unchanged = if unchanged > 0 { format!(", {unchanged} unchanged") } else { String::new() };
    output::complain(format_args!("{added} added, {corrected} corrected, {refused} refused{unchanged}"));
    if done.is_err() {
        output::complain(format_args!(
            "not all was stored, and {read} lines were read: import the same file again once what is told below is mended. \
             Nobody who has an `external_id` is added twice"
        ));
    }
    done?;
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
    async fn of(&mut self, room: &Room, lines: &mut Lines) -> Result<(), PeopleError> {
        let mut import = Import::new(&room.people, &room.tenant);
        for number in 1.. {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(problem) => {
                    self.follow(room, import.flush().await?).await?;
                    self.refuse(number, &problem);
                    break;
                }
            };
            self.bar.inc(1);
            self.read = number;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            self.follow(room, import.take(number, &line).await?).await?;
        }
        self.follow(room, import.flush().await?).await
    }

    /// Counts who is new, and corrects who is known.
    async fn follow(&mut self, room: &Room, Step { told, known }: Step) -> Result<(), PeopleError> {
        for (line, added) in told {
            match added {
                Ok(()) => self.added += 1,
                Err(error) => self.refuse(line, &error),
            }
        }
        for Known { line, id, form } in known {
            match privacy::rectify(room, &id, form).await {
                Ok(true) => {
                    privacy::to_tell(room, &id).await?;
                    self.corrected += 1;
                }
                Ok(false) => self.unchanged += 1,
                // What fails for all is told once.
                Err(PeopleError::Store(error)) => return Err(error.into()),
                Err(error) => self.refuse(line, &error),
            }
        }
        Ok(())
    }

    fn refuse(&mut self, line: u64, problem: &dyn std::fmt::Display) {
        self.refused += 1;
        self.bar.suspend(|| output::complain(format_args!("line {line}: {problem}")));
    }
}
