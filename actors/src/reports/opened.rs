//! A file that is at hand, opened: its reports, recognised, checked and given out as rows.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    sync::Arc,
};

use rows::{DayRange, Row, files::FileFacts};
use sha2::{Digest, Sha256};

use super::{
    archive,
    container::{Container, Member},
    figures::Context,
    mapping,
    refusal::Refusal,
    report::{self, Facts, Report},
    settings::Reading,
};
use crate::files::{self, FileRows, OpenFile, Refused};

/// A file, opened.
pub struct OpenedFile {
    path: String,
    reading: Arc<Reading>,
    /// The same file once more: for its bytes as they lie there.
    packed: File,
    container: Result<Container<BufReader<File>>, Refusal>,
    members: Vec<Member>,
    /// Why a member cannot even be unpacked.
    broken: Vec<Option<Refusal>>,
    /// Why a member is not to be read beside the others, once that is known.
    repeats: Option<Vec<Option<Refusal>>>,
}

/// A report that was read.
struct ReadReport {
    facts: FileFacts,
    report: Report,
}

// === impl OpenedFile ===

impl OpenedFile {
    /// Opens one. Blocking. `path` is that below what is watched.
    pub fn new(path: &str, file: File, reading: Arc<Reading>) -> io::Result<Self> {
        let packed = file.try_clone()?;
        let container = Container::open(path, BufReader::new(file));
        let members = container.as_ref().map(|container| container.members().to_vec()).unwrap_or_default();
        let broken = vec![None; members.len()];
        Ok(Self { path: path.to_owned(), reading, packed, container, members, broken, repeats: None })
    }

    fn is_archive(&self) -> bool {
        // The one report of a file that is no archive has the file's own name.
        self.container.as_ref().is_ok_and(Container::is_archive)
    }

    fn member(&mut self, index: usize) -> Result<(&mut Container<BufReader<File>>, &Member), Refusal> {
        let container = self.container.as_mut().map_err(|refusal| refusal.clone())?;
        let member = self.members.get(index).ok_or(Refusal::Unsupported("the archive holds no such file"))?;
        Ok((container, member))
    }

    fn report(&mut self, index: usize, period: Option<DayRange>) -> Result<Report, Refusal> {
        if let Some(Some(refusal)) = self.broken.get(index) {
            return Err(refusal.clone());
        }
        if let Some(Some(refusal)) = self.repeated().get(index) {
            return Err(refusal.clone());
        }
        self.read_alone(index, period)
    }

    fn read_alone(&mut self, index: usize, period: Option<DayRange>) -> Result<Report, Refusal> {
        let (path, reading) = (self.path.clone(), Arc::clone(&self.reading));
        let (container, member) = self.member(index)?;
        report::read(container, member, &Context { path: &path, reading: &reading, period })
    }

    /// Of an archive's members, which repeat the amounts of others. All of them are read for that, one by one, once.
    fn repeated(&mut self) -> &[Option<Refusal>] {
        if self.repeats.is_none() {
            let mut repeats = archive::repeats(&self.members);
            if self.members.len() > 1 {
                let left: Vec<usize> = (0..repeats.len()).filter(|at| repeats[*at].is_none()).collect();
                let read: Vec<(usize, Facts)> = left
                    .into_iter()
                    .filter_map(|at| Some((at, self.read_alone(at, None).ok()?.facts)))
                    .collect();
                let named: Vec<(&str, &Facts)> =
                    read.iter().map(|(at, facts)| (self.members[*at].name.as_str(), facts)).collect();
                for ((at, _), refusal) in read.iter().zip(archive::repeats_amounts(&named)) {
                    repeats[*at] = refusal;
                }
            }
            self.repeats = Some(repeats);
        }
        self.repeats.as_deref().unwrap_or_default()
    }

    /// Of what cannot be unpacked: its bytes as they lie there, and which part of them is meant.
    fn packed_digest(&mut self, index: usize) -> io::Result<(String, u64)> {
        let mut hash = Sha256::new();
        if self.is_archive()
            && let Some(member) = self.members.get(index)
        {
            hash.update(member.name.as_bytes());
        }
        self.packed.seek(SeekFrom::Start(0))?;
        let (mut chunk, mut size_bytes) = (vec![0; 64 << 10], 0);
        loop {
            let count = self.packed.read(&mut chunk)?;
            if count == 0 {
                return Ok((hex::encode(hash.finalize()), size_bytes));
            }
            hash.update(&chunk[..count]);
            size_bytes += count as u64;
        }
    }
}

impl OpenFile for OpenedFile {
    fn members(&self) -> Vec<Option<String>> {
        if self.is_archive() {
            self.members.iter().map(|member| Some(member.name.clone())).collect()
        } else {
            vec![None]
        }
    }

    fn digest(&mut self, member: usize) -> Result<(String, u64), Refused> {
        let found = self.member(member).and_then(|(container, member)| report::digest(container, member));
        match found {
            Ok(found) => Ok(found),
            Err(refusal @ Refusal::Unreadable(_)) => Err(refused(&refusal)),
            Err(refusal) => {
                if let Some(broken) = self.broken.get_mut(member) {
                    *broken = Some(refusal);
                }
                self.packed_digest(member).map_err(|error| refused(&Refusal::from(error)))
            }
        }
    }

    fn read(&mut self, member: usize, period: Option<DayRange>) -> Result<Box<dyn FileRows>, Refused> {
        let report = self.report(member, period).map_err(|refusal| refused(&refusal))?;
        Ok(Box::new(ReadReport { facts: mapping::facts(&report.facts), report }))
    }
}

impl FileRows for ReadReport {
    fn facts(&self) -> &FileFacts {
        &self.facts
    }

    fn page(&self, first: u64, count: usize) -> Vec<Row> {
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        let page = self.report.page(first, count);
        page.into_iter().map(|row| mapping::row(row, &self.facts)).collect()
    }
}

/// A refusal in the engine's terms.
fn refused(refusal: &Refusal) -> Refused {
    let kind = match refusal {
        Refusal::Unreadable(_) => files::Refusal::Unreadable,
        Refusal::Foreign { .. } | Refusal::NoReport(_) | Refusal::Repeats(_) => files::Refusal::Foreign,
        _ => files::Refusal::Waits,
    };
    Refused { reason: refusal.to_string(), kind }
}
