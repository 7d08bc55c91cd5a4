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
    waiting: Vec<(u64, Newcomer)>,
    /// The ids elsewhere of those who wait.
    external_ids: HashSet<String>,
}

/// A new user, with the line's words, or why it is none.
type Newcomer = Result<(Person, PersonForm), PeopleError>;

/// What became of a new user's line.
pub type Told = (u64, Result<(), PeopleError>);

/// Where a line has led.
#[derive(Debug, Default)]
pub struct Step {
    /// What became of lines, this one or earlier ones.
    pub told: Vec<Told>,
    /// Users who are there already, to be corrected, in the order of their lines.
    pub known: Vec<Known>,
}

/// A line about a user who is there already.
#[derive(Debug)]
pub struct Known {
    /// The line.
    pub line: u64,
    /// The user's id here.
    pub id: String,
    /// What it says.
    pub form: PersonForm,
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
                step = self.flush().await?;
            }
            if let Some(id) = self.people.find_external(self.tenant, external_id).await? {
                step.join(self.flush().await?);
                step.known.push(Known { line, id, form });
                return Ok(step);
            }
        }
        let newcomer = match self.people.newcomer(self.tenant, form.clone()).await {
            Err(PeopleError::Store(error)) => return Err(error.into()),
            newcomer => newcomer.map(|person| (person, form)),
        };
        if newcomer.is_ok() {
            self.external_ids.extend(external_id);
        }
        step.join(self.wait(line, newcomer).await?);
        Ok(step)
    }

    async fn wait(&mut self, line: u64, newcomer: Newcomer) -> Result<Step, PeopleError> {
        self.waiting.push((line, newcomer));
        if self.waiting.len() < BATCH_MAX { Ok(Step::default()) } else { self.flush().await }
    }

    /// Stores those who wait.
    pub async fn flush(&mut self) -> Result<Step, PeopleError> {
        self.external_ids.clear();
        let (mut step, mut people, mut forms) = (Step::default(), Vec::new(), Vec::new());
        for (line, newcomer) in self.waiting.drain(..) {
            match newcomer {
                Ok((person, form)) => {
                    people.push(person);
                    forms.push((line, form));
                }
                Err(refusal) => step.told.push((line, Err(refusal))),
            }
        }
        match self.people.add_all(&people).await {
            Ok(()) => step.told.extend(forms.into_iter().map(|(line, _)| (line, Ok(())))),
            // Somebody else has added one of them meanwhile.
            Err(error) if error.is_taken() => {
                for (person, (line, form)) in people.iter().zip(forms) {
                    self.add_alone(person, line, form, &mut step).await?;
                }
            }
            Err(error) => return Err(error.into()),
        }
        step.told.sort_by_key(|(line, _)| *line);
        Ok(step)
    }

    /// Stores one, or finds out who is there in its place.
    async fn add_alone(
        &self,
        person: &Person,
        line: u64,
        form: PersonForm,
        step: &mut Step,
    ) -> Result<(), PeopleError> {
        let refusal = match self.people.add_newcomer(person).await {
            Ok(()) => {
                step.told.push((line, Ok(())));
                return Ok(());
            }
            Err(PeopleError::Store(error)) => return Err(error.into()),
            Err(refusal) => refusal,
        };
        let there = match &person.external_id {
            Some(external_id) => self.people.find_external(self.tenant, external_id).await?,
            None => None,
        };
        match there {
            Some(id) => step.known.push(Known { line, id, form }),
            None => step.told.push((line, Err(refusal))),
        }
        Ok(())
    }
}

// === impl Step ===

impl Step {
    fn join(&mut self, later: Self) {
        self.told.extend(later.told);
        self.known.extend(later.known);
    }
}
