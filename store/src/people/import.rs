//! Many users at once. New ones are added a batch at a time: what a user costs is a commit in the database, and one in the key
//! store.

use std::collections::HashSet;

use super::{People, PeopleError, Person, PersonForm};

/// New users that are added at once: few enough that nobody waits long for the database.
const BATCH_MAX: usize = 200;

/// Records, line by line.
#[derive(Debug)]
pub struct Import<'a> {
    people: &'a People,
    tenant: &'a str,
    /// What came of lines that were not told of yet: a new user, or why it is none.
    waiting: Vec<(u64, Result<Person, PeopleError>)>,
    /// The ids elsewhere of those who wait.
    external_ids: HashSet<String>,
}

/// What became of a new user's line.
pub type Told = (u64, Result<(), PeopleError>);

/// Where a line has led.
#[derive(Debug, Default)]
pub struct Step {
    /// What became of lines, this one or earlier ones.
    pub told: Vec<Told>,
    /// A user who is there already, to be corrected, by the id here.
    pub known: Option<(String, PersonForm)>,
}

// === impl Import ===

impl<'a> Import<'a> {
    /// Into this tenant.
    pub fn new(people: &'a People, tenant: &'a str) -> Self {
        Self { people, tenant, waiting: Vec::new(), external_ids: HashSet::new() }
    }

    /// Takes a line. An error is one of all lines; what was told before stays.
    pub async fn take(&mut self, line: u64, record: &[u8]) -> Result<Step, PeopleError> {
        let form = match PersonForm::read(record) {
            Ok(form) => form,
            Err(error) => return self.wait(line, Err(error.into())).await,
        };
        let external_id = form.external_id().cloned();
        let mut step = Step::default();
        if let Some(external_id) = &external_id {
            // A line about somebody who is not stored yet.
            if self.external_ids.contains(external_id) {
                step.told = self.flush().await?;
            }
            if let Some(id) = self.people.find_external(self.tenant, external_id).await? {
                step.told.extend(self.flush().await?);
                step.known = Some((id, form));
                return Ok(step);
            }
        }
        let newcomer = match self.people.newcomer(self.tenant, form).await {
            Err(PeopleError::Store(error)) => return Err(error.into()),
            newcomer => newcomer,
        };
        if newcomer.is_ok() {
            self.external_ids.extend(external_id);
        }
        step.told.extend(self.wait(line, newcomer).await?.told);
        Ok(step)
    }

    async fn wait(&mut self, line: u64, newcomer: Result<Person, PeopleError>) -> Result<Step, PeopleError> {
        self.waiting.push((line, newcomer));
        let told = if self.waiting.len() < BATCH_MAX { Vec::new() } else { self.flush().await? };
        Ok(Step { told, known: None })
    }

    /// Stores those who wait.
    pub async fn flush(&mut self) -> Result<Vec<Told>, PeopleError> {
        self.external_ids.clear();
        let (mut people, mut told) = (Vec::new(), Vec::new());
        for (line, newcomer) in self.waiting.drain(..) {
            told.push((line, newcomer.map(|person| people.push(person))));
        }
        self.people.add_all(people).await?;
        Ok(told)
    }
}
