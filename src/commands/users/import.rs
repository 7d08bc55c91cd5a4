//! `dynamoi users import`: records, a line each.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};
use store::people::{
    PeopleError,
    import::{Import, Refusal, Tally},
};

use super::{Room, input::Lines};
use crate::commands::{Exit, account::actor, output, privacy};

/// How far it came.
struct Reading {
    /// Shows how many lines were read so far.
    bar: ProgressBar,
    /// The last line that was read.
    read: u64,
    /// Whether a line could not be read at all, which is the last one then.
    broken: bool,
}

/// Each line by itself: what is refused is told by its number. What fails for all ends it, and where it ended is told.
pub async fn all(room: &Room, lines: &mut Lines) -> Result<Exit, PeopleError> {
    let actor = actor();
    let standing = privacy::standing(room, &actor);
    let mut import = Import::new(&room.people, &room.tenant, &actor, &standing);
    let mut reading = Reading { bar: bar(), read: 0, broken: false };
    let done = reading.through(&mut import, lines).await;
    let Reading { bar, read, broken } = reading;
    bar.finish_and_clear();
    let Tally { added, corrected, unchanged, refused } = import.tally();
    let refused = refused + u64::from(broken);
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

// === impl Reading ===

impl Reading {
    async fn through(&mut self, import: &mut Import<'_>, lines: &mut Lines) -> Result<(), PeopleError> {
        for number in 1.. {
            let line = match lines.next() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(problem) => {
                    self.tell(import.flush().await?);
                    self.broken = true;
                    self.complain(number, &problem);
                    break;
                }
            };
            self.bar.inc(1);
            self.read = number;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            self.tell(import.take(number, &line).await?);
        }
        self.tell(import.flush().await?);
        Ok(())
    }

    fn tell(&self, refused: Vec<Refusal>) {
        for (line, why) in refused {
            self.complain(line, &why);
        }
    }

    fn complain(&self, line: u64, problem: &dyn std::fmt::Display) {
        self.bar.suspend(|| output::complain(format_args!("line {line}: {problem}")));
    }
}
