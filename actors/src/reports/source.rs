//! One connection: the place where its files lie.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{
    directory::Directory,
    integration::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, STORAGE_HOST},
    settings::{Place, Watched},
    storage::{self, Storage},
};
use crate::{
    failure::Failure,
    files::FileSource,
    integration::{Account, Accounts, ConnectionSpec, CredentialSpec, SetupError, Source},
    session::{Auth, Meaning, Response, Session, Verdict},
};

/// A connection that reads files. It has no API: nothing of it goes through its session.
#[derive(Debug)]
pub struct FilesSource {
    place: Opened,
    /// Where that is, for people.
    subject: String,
}

#[derive(Debug)]
enum Opened {
    Directory(Directory),
    Storage(Box<Storage>),
}

// === impl FilesSource ===

impl FilesSource {
    /// Checks what is configured. Looks at nothing.
    pub fn new(spec: &ConnectionSpec, watched: Watched) -> Result<Self, SetupError> {
        spec.refuse_accounts("directory", "name a directory or the url of an object store")?;
        let Watched { place, reading } = watched;
        let (subject, reading) = (place.subject(), Arc::new(reading));
        let place = match place {
            Place::Directory(path) => Opened::Directory(Directory::new(path, reading)),
            Place::Bucket { bucket, prefix, region } => {
                let access =
                    storage::Access { endpoint: endpoint(spec)?, region: &region, keys: keys(spec)? };
                Opened::Storage(Box::new(Storage::new(&bucket, &prefix, &access, reading)?))
            }
        };
        Ok(Self { place, subject })
    }

    /// Where the files lie.
    pub fn files(&self) -> &dyn FileSource {
        match &self.place {
            Opened::Directory(directory) => directory,
            Opened::Storage(storage) => &**storage,
        }
    }
}

fn endpoint(spec: &ConnectionSpec) -> Result<&url::Url, SetupError> {
    spec.host(STORAGE_HOST).ok_or_else(|| SetupError::Setting {
        key: "url".to_owned(),
        problem: "endpoints.storage names no object store".to_owned(),
    })
}

/// Both halves of the key, or none.
fn keys(spec: &ConnectionSpec) -> Result<storage::Keys<'_>, SetupError> {
    match [ACCESS_KEY_ID, SECRET_ACCESS_KEY].map(|half| spec.credentials.get(half.name)) {
        [Some(id), Some(secret)] => Ok(Some((id, secret))),
        [None, None] => Ok(None),
        [Some(_), None] => Err(missing(&SECRET_ACCESS_KEY)),
        [None, Some(_)] => Err(missing(&ACCESS_KEY_ID)),
    }
}

const fn missing(half: &CredentialSpec) -> SetupError {
    SetupError::MissingCredential { name: half.name, help: half.help }
}

impl Source for FilesSource {
    fn auth(&self) -> Auth {
        Auth::None
    }

    fn classify(&self, _: &Response) -> Verdict {
        Meaning::Permanent { reason: "files are not asked for over a session".to_owned() }.into()
    }

    fn check<'a>(&'a self, _: &'a Session) -> BoxFuture<'a, Result<Accounts, Failure>> {
        Box::pin(async move {
            match &self.place {
                Opened::Directory(directory) => directory.check().await?,
                Opened::Storage(storage) => storage.check().await?,
            }
            Ok(Accounts::one(Account::sole(self.subject.clone(), "UTC")))
        })
    }
}
