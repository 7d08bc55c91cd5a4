//! Report files of any service that lets its reports be downloaded.

use crate::reports::{Known, Reports, shipped};

/// Files of many services, distributors and senders of usage reports.
pub const REPORT_FILES: Reports = Reports {
    id: "report_files",
    known: Known { service: None, layouts: shipped::layouts, drafts: shipped::DRAFTS },
    sample: include_str!("sample.toml"),
    readme: include_str!("README.md"),
};
