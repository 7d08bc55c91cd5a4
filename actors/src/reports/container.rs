//! What a file is packed in: nothing, gzip, zip or a spreadsheet. It is told by its first bytes, never by its name.
//!
//! Bytes are unpacked as they are read, never written to disk, and counted: limits hold for what really comes, not for what
//! an archive says about itself.

use std::{
    io::{self, BufReader, Cursor, Read, Seek, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
};

use flate2::read::MultiGzDecoder;
use memchr::memmem;
use zip::{CompressionMethod, ZipArchive, result::ZipError};

use super::{
    limits::{ENTRIES_MAX, PART_BYTES_MAX, RATIO_FROM_BYTES, RATIO_MAX, UNPACKED_BYTES_MAX},
    refusal::Refusal,
};

/// A file, opened, with the reports in it.
pub struct Container<R> {
    packed: Packed<R>,
    members: Vec<Member>,
}

/// One report of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path in the archive; of a file that is no archive, the file's own name.
    pub name: String,
    /// How it is to be read.
    pub form: Form,
    place: Place,
}

/// How a report is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As text.
    Text,
    /// As text, after unpacking.
    Gzip,
    /// As a workbook (xlsx).
    Spreadsheet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Whole,
    Entry(usize),
}

enum Packed<R> {
    Plain(R),
    Zip(ZipArchive<R>),
}

/// What a spreadsheet is read from.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// Bytes of which no more come than is sane.
struct Bounded<R> {
    inner: R,
    given: u64,
    bytes_max: u64,
    what: &'static str,
}

const ZIP: &[u8] = b"PK\x03\x04";
const ZIP_EMPTY: &[u8] = b"PK\x05\x06";
const ZIP_DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";
/// The first bytes of a PDF.
pub const PDF: &[u8] = b"%PDF";
/// What is said of one.
pub const IS_PDF: &str = "it is a PDF; download the table as CSV";
const GZIP: &[u8] = &[0x1f, 0x8b];
const WORKBOOK: &str = "xl/workbook.xml";

// === impl Container ===

impl<R: Read + Seek> Container<R> {
    /// Opens a file. `name` is its path; only its last part is kept as the name of its one member.
    pub fn open(name: &str, mut reader: R) -> Result<Self, Refusal> {
        let start = first_bytes(&mut reader)?;
        reader.seek(SeekFrom::Start(0))?;
        if !start.starts_with(ZIP) && !start.starts_with(ZIP_EMPTY) {
            let form = form_of(&start)?;
            return Ok(Self { packed: Packed::Plain(reader), members: vec![whole(name, form)] });
        }
        few_entries(&mut reader)?;
        let zip = guarded("archive", || ZipArchive::new(reader).map_err(refused))?;
        // Of two, only the last would be found.
        if zip.has_duplicate_names() {
            return Err(Refusal::Unsafe(
                "two files of the archive have one name; put them there unpacked".to_owned(),
            ));
        }
        if zip.index_for_name(WORKBOOK).is_some() {
            let members = vec![whole(name, Form::Spreadsheet)];
            return Ok(Self { packed: Packed::Plain(zip.into_inner()), members });
        }
        let mut zip = zip;
        let members = guarded("archive", || entries(&mut zip))?;
        if members.is_empty() {
            return Err(Refusal::Unsupported("the archive holds no files"));
        }
        Ok(Self { packed: Packed::Zip(zip), members })
    }

    /// Whether its reports are members of an archive.
    pub fn is_archive(&self) -> bool {
        matches!(self.packed, Packed::Zip(_))
    }

    /// The reports in it: one, or those of an archive in its order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The text of a member, from its beginning, unpacked, not decoded.
    pub fn text(&mut self, member: &Member) -> Result<Box<dyn Read + '_>, Refusal> {
        let (raw, packed_bytes): (Box<dyn Read + '_>, u64) = match (&mut self.packed, member.place) {
            (Packed::Plain(reader), _) => {
                let length = reader.seek(SeekFrom::End(0))?;
                reader.seek(SeekFrom::Start(0))?;
                (Box::new(reader), length)
            }
            (Packed::Zip(zip), Place::Entry(index)) => {
                let entry = guarded("archive", || zip.by_index(index).map_err(refused))?;
                let length = entry.compressed_size();
                (Box::new(Bounded::new(entry, length, "archive member")), length)
            }
            (Packed::Zip(_), Place::Whole) => {
                return Err(Refusal::Unsupported("an archive is read member by member"));
            }
        };
        Ok(match member.form {
            Form::Gzip => {
                let unpacked = MultiGzDecoder::new(BufReader::new(raw));
                Box::new(Bounded::new(unpacked, packed_bytes, "file"))
            }
            Form::Text | Form::Spreadsheet => raw,
        })
    }

    /// The bytes of a member that is a spreadsheet.
    pub fn spreadsheet(&mut self, member: &Member) -> Result<Box<dyn ReadSeek + '_>, Refusal> {
        if member.place == Place::Whole {
            let Packed::Plain(reader) = &mut self.packed else {
                return Err(Refusal::Unsupported("an archive is read member by member"));
            };
            reader.seek(SeekFrom::Start(0))?;
            return Ok(Box::new(reader));
        }
        let mut bytes = Vec::new();
        self.text(member)?.take(PART_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > PART_BYTES_MAX {
            return Err(Refusal::Excessive(format!(
                "{} is a spreadsheet of more than {PART_BYTES_MAX} bytes within an archive; put it there by itself",
                member.name
            )));
        }
        Ok(Box::new(Cursor::new(bytes)))
    }
}

// === impl Member ===

impl Member {
    /// The last part of its path.
    pub fn file_name(&self) -> &str {
        file_name(&self.name)
    }
}

// === impl Bounded ===

impl<R> Bounded<R> {
    fn new(inner: R, packed_bytes: u64, what: &'static str) -> Self {
        let by_ratio = packed_bytes.saturating_mul(RATIO_MAX).max(RATIO_FROM_BYTES);
        Self { inner, given: 0, bytes_max: by_ratio.min(UNPACKED_BYTES_MAX), what }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.given += count as u64;
        if self.given > self.bytes_max {
            let (what, bytes) = (self.what, self.bytes_max);
            return Err(Refusal::Excessive(format!(
                "the {what} unpacks to more than {bytes} bytes, {RATIO_MAX} times its packed size or above the limit"
            ))
            .into_io());
        }
        Ok(count)
    }
}

/// Runs what reads foreign structures with foreign code: should that code panic, the file is damaged, no more.
pub(super) fn guarded<T>(what: &str, run: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(run))
        .unwrap_or_else(|_| Err(Refusal::Damaged(format!("its {what} structure is not valid"))))
}

pub(super) fn refused(error: ZipError) -> Refusal {
    match error {
        ZipError::Io(error) => error.into(),
        ZipError::UnsupportedArchive(why) => Refusal::Damaged(format!("the archive is not readable ({why})")),
        other => Refusal::Damaged(format!("the archive is not readable ({other})")),
    }
}

fn whole(name: &str, form: Form) -> Member {
    Member { name: file_name(name).to_owned(), form, place: Place::Whole }
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn first_bytes(reader: &mut impl Read) -> Result<Vec<u8>, Refusal> {
    let mut start = Vec::new();
    reader.take(8).read_to_end(&mut start)?;
    Ok(start)
}

fn form_of(start: &[u8]) -> Result<Form, Refusal> {
    let is = |magic: &[u8]| start.starts_with(magic);
    if is(GZIP) {
        Ok(Form::Gzip)
    } else if is(b"\xd0\xcf\x11\xe0") {
        Err(Refusal::Unsupported(
            "it is an old Excel file (.xls) or encrypted; save it as .xlsx without a password, or as CSV",
        ))
    } else if is(PDF) {
        Err(Refusal::NoReport(IS_PDF))
    } else if is(b"7z\xbc\xaf") || is(b"Rar!") || is(b"BZh") || is(b"\xfd7zXZ") || is(b"\x28\xb5\x2f\xfd") {
        Err(Refusal::Unsupported("it is packed in a way that is not read; unpack it, or use zip or gzip"))
    } else {
        Ok(Form::Text)
    }
}

/// Counts what looks like an entry of the directory, before anything is believed that the archive says of itself: reading a
/// directory of millions of entries would take all memory.
fn few_entries(reader: &mut (impl Read + Seek)) -> Result<(), Refusal> {
    let (mut found, mut kept) = (0, 0);
    let mut chunk = vec![0; 64 << 10];
    let finder = memmem::Finder::new(ZIP_DIRECTORY_ENTRY);
    loop {
        let count = reader.read(&mut chunk[kept..])?;
        if count == 0 {
            break;
        }
        let filled = kept + count;
        found += finder.find_iter(&chunk[..filled]).count();
        if found > ENTRIES_MAX {
            return Err(Refusal::Excessive(format!("the archive holds more than {ENTRIES_MAX} files")));
        }
        kept = filled.min(ZIP_DIRECTORY_ENTRY.len() - 1);
        chunk.copy_within(filled - kept..filled, 0);
    }
    reader.seek(SeekFrom::Start(0))?;
    Ok(())
}

/// The reports of an archive. One name that leads elsewhere makes all of it suspicious.
fn entries<R: Read + Seek>(zip: &mut ZipArchive<R>) -> Result<Vec<Member>, Refusal> {
    if zip.has_overlapping_entries().map_err(refused)? {
        return Err(Refusal::Unsafe("members of the archive share bytes".to_owned()));
    }
    let mut members = Vec::new();
    for index in 0..zip.len() {
        let entry = zip.by_index_data(index).map_err(refused)?;
        let name = entry.name().map_err(refused)?.into_owned();
        if leads_elsewhere(&name) || entry.is_symlink() {
            return Err(Refusal::Unsafe(format!(
                "the archive holds {:?}, whose path leads out of it",
                name.chars().take(100).collect::<String>()
            )));
        }
        if entry.encrypted() {
            return Err(Refusal::Unsupported("the archive has a password; put it there unpacked"));
        }
        if entry.is_dir() || is_litter(&name) {
            continue;
        }
        if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(Refusal::Unsupported("the archive is packed in a way that is not read; unpack it"));
        }
        members.push((index, name));
    }
    members.into_iter().map(|(index, name)| member_of(zip, index, name)).collect()
}

fn member_of<R: Read + Seek>(zip: &mut ZipArchive<R>, index: usize, name: String) -> Result<Member, Refusal> {
    let start = first_bytes(&mut zip.by_index(index).map_err(refused)?)?;
    let is_archive = start.starts_with(ZIP) || start.starts_with(ZIP_EMPTY);
    let is_workbook = name.rsplit('.').next().is_some_and(|end| end.eq_ignore_ascii_case("xlsx"));
    let form = match (is_archive, is_workbook) {
        (true, true) => Form::Spreadsheet,
        (true, false) => {
            return Err(Refusal::Excessive("an archive within an archive; unpack the outer one".to_owned()));
        }
        // What is no report (a PDF of the statement) is refused by itself, when it is its turn.
        (false, _) => form_of(&start).unwrap_or(Form::Text),
    };
    Ok(Member { name, form, place: Place::Entry(index) })
}

fn leads_elsewhere(name: &str) -> bool {
    name.starts_with(['/', '\\'])
        || name.contains(['\0', ':'])
        || name.chars().any(char::is_control)
        || name.split(['/', '\\']).any(|part| part == "..")
}

/// What operating systems leave behind.
fn is_litter(name: &str) -> bool {
    name.starts_with("__MACOSX/") || file_name(name).starts_with('.') || file_name(name) == "Thumbs.db"
}
