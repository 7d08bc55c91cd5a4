//! What the rules must know of an integration that reads files. A new one is an implementation of [`FileCase`] and one line in
//! `mod.rs`.

use std::{collections::BTreeMap, sync::Arc};

use actors::integration::{AnyIntegration, ConnectionSpec};

/// Files of one kind, and what reads them.
pub trait FileCase: Sync {
    /// An empty place.
    fn place(&self) -> Box<dyn Place>;

    /// Files to put there.
    fn samples(&self) -> Samples;
}

/// Where files lie.
pub trait Place: Send + Sync {
    /// What reads them.
    fn integration(&self) -> Arc<dyn AnyIntegration>;

    /// A connection that reads them.
    fn spec(&self) -> ConnectionSpec;

    /// Puts a file there, or changes the one that is there. Paths have parts separated by `/`.
    fn put(&self, path: &str, content: &[u8]);

    /// Takes a file away.
    fn remove(&self, path: &str);
}

/// Statements of royalties, and what is none.
pub struct Samples {
    /// How the files are called: `.csv`.
    pub suffix: &'static str,
    /// Several lines of one unit.
    pub whole: Sample,
    /// Of the same unit: has all that `whole` has, with other amounts, and later days beside.
    pub corrected: Sample,
    /// Of the same unit: lacks something that `whole` has.
    pub smaller: Sample,
    /// Of another unit, with lines about the same tracks.
    pub other: Sample,
    /// `whole`, cut off.
    pub truncated: Vec<u8>,
    /// No report at all.
    pub foreign: Vec<u8>,
}

/// A file, and what is in it.
pub struct Sample {
    pub content: Vec<u8>,
    /// All quantities, in millionths.
    pub quantity: i128,
    /// All amounts by currency, exactly, as decimal text.
    pub revenue: BTreeMap<&'static str, &'static str>,
}
