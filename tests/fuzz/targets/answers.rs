//! Answers that no provider ever gave, to the integration whose id is this target's name.
#![no_main]
#![expect(clippy::unwrap_used, reason = "a panic is what is looked for")]

#[path = "../../../actors/tests/it/support/fed.rs"]
#[allow(dead_code, reason = "the list of all is for a test")]
mod fed;

use std::sync::{Arc, LazyLock};

use actors::{integration::AnyIntegration, integrations::catalogue};
use libfuzzer_sys::fuzz_target;

static INTEGRATION: LazyLock<Arc<dyn AnyIntegration>> = LazyLock::new(|| {
    let id = env!("CARGO_BIN_NAME");
    catalogue().into_iter().find(|known| known.manifest().id == id).unwrap()
});

/// The first byte chooses the status; most choose success, behind which parsers are.
const STATUSES: [u16; 8] = [400, 401, 403, 404, 410, 429, 500, 202];

fuzz_target!(|data: &[u8]| {
    let Some((choice, body)) = data.split_first() else { return };
    let status = STATUSES.get(usize::from(*choice)).copied().unwrap_or(200);
    fed::feed(INTEGRATION.as_ref(), status, body);
});
