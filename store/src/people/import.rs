//! Many users at once. New ones are added a batch at a time: what a user costs is a commit in the database, and one in the key
//! store.

use std::collections::HashSet;

use super::{NewDisclosure, People, PeopleError, Person, PersonForm};

/// New users that are added at once: few enough that nobody waits long for the database.
const BATCH_MAX: usize = 200;

/// Records, line by line.
#[derive(Debug)]
pub struct Import<'a> {
    people: &'a People,
    tenant: &'a str,
    /// Who imports, for the audit log.
    actor: &'a str,
    /// Who is to be told of corrections, beside those whom something was told.
    standing: &'a [NewDisclosure<'a>],
    tally: Tally,
    /// What came of lines that were not told of yet: a new user, or why it is none.
    waiting: Vec<(u64, Newcomer)>,
    /// The ids elsewhere of those who wait.
    external_ids: HashSet<String>,
}

/// A new user, with the line's words, or why it is none.
type Newcomer = Result<(Person, PersonForm), PeopleError>;

/// Lines, by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// New users.
    pub added: u64,
    /// Users who were there, and of whom something is different now.
    pub corrected: u64,
    /// Those of whom nothing is.
    pub unchanged: u64,
    /// Refused lines.
    pub refused: u64,
}

/// A line that was refused, and why.
pub type Refusal = (u64, PeopleError);

// === impl Import ===

impl<'a> Import<'a> {
    /// Into this tenant.
    pub fn new(
        people: &'a People,
        tenant: &'a str,
        actor: &'a str,
        standing: &'a [NewDisclosure<'a>],
    ) -> Self {
        let (tally, waiting, external_ids) = (Tally::default(), Vec::new(), HashSet::new());
        Self { people, tenant, actor, standing, tally, waiting, external_ids }
    }

    /// What became of all lines so far, but for those that wait.
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// Takes a line: a new user waits for others, one who is there is corrected. Answers which lines were refused, this one or
    /// earlier ones. An error is one of all lines; what was stored before stays.
    pub async fn take(&mut self, line: u64, record: &[u8]) -> Result<Vec<Refusal>, PeopleError> {
        let form = match PersonForm::read(record) {
            Ok(form) => form,
            Err(error) => return self.wait(line, Err(error.into())).await,
        };
        let external_id = form.external_id().cloned();
        let mut refused = Vec::new();
        if let Some(external_id) = &external_id {
            // A line about somebody who is not stored yet.
            if self.external_ids.contains(external_id) {
                refused = self.flush().await?;
            }
            if let Some(id) = self.people.find_external(self.tenant, external_id).await? {
                refused.extend(self.flush().await?);
                refused.extend(self.correct(line, &id, form).await?);
                return Ok(refused);
            }
        }
        let newcomer = match self.people.newcomer(self.tenant, form.clone()).await {
            Err(PeopleError::Store(error)) => return Err(error.into()),
            newcomer => newcomer.map(|person| (person, form)),
        };
        if newcomer.is_ok() {
            self.external_ids.extend(external_id);
        }
        refused.extend(self.wait(line, newcomer).await?);
        Ok(refused)
    }

    async fn wait(&mut self, line: u64, newcomer: Newcomer) -> Result<Vec<Refusal>, PeopleError> {
        self.waiting.push((line, newcomer));
        if self.waiting.len() < BATCH_MAX { Ok(Vec::new()) } else { self.flush().await }
    }

    /// Stores those who wait. Answers which of their lines were refused.
    pub async fn flush(&mut self) -> Result<Vec<Refusal>, PeopleError> {
        self.external_ids.clear();
        let (mut refused, mut people, mut forms) = (Vec::new(), Vec::new(), Vec::new());
        for (line, newcomer) in std::mem::take(&mut self.waiting) {
            match newcomer {
                Ok((person, form)) => {
                    people.push(person);
                    forms.push((line, form));
                }
                Err(why) => refused.push(self.refuse(line, why)),
            }
        }
        match self.people.add_all(&people).await {
            Ok(()) => self.tally.added += people.len() as u64,
            // Somebody else has added one of them meanwhile.
            Err(error) if error.is_taken() => {
                for (person, (line, form)) in people.iter().zip(forms) {
                    refused.extend(self.add_alone(person, line, form).await?);
                }
            }
            Err(error) => return Err(error.into()),
        }
        refused.sort_by_key(|(line, _)| *line);
        Ok(refused)
    }

    /// Stores one, or corrects who is there in its place.
    async fn add_alone(
        &mut self,
        person: &Person,
        line: u64,
        form: PersonForm,
    ) -> Result<Option<Refusal>, PeopleError> {
        let why = match self.people.add_newcomer(person).await {
            Ok(()) => {
                self.tally.added += 1;
                return Ok(None);
            }
            Err(PeopleError::Store(error)) => return Err(error.into()),
            Err(why) => why,
        };
        let there = match &person.external_id {
            Some(external_id) => self.people.find_external(self.tenant, external_id).await?,
            None => None,
        };
        match there {
            Some(id) => self.correct(line, &id, form).await,
            None => Ok(Some(self.refuse(line, why))),
        }
    }

    async fn correct(
        &mut self,
        line: u64,
        id: &str,
        form: PersonForm,
    ) -> Result<Option<Refusal>, PeopleError> {
        match self.people.rectify(self.tenant, id, form, self.actor, self.standing).await {
            Ok(Some(_)) => self.tally.corrected += 1,
            Ok(None) => self.tally.unchanged += 1,
            Err(PeopleError::Store(error)) => return Err(error.into()),
            Err(why) => return Ok(Some(self.refuse(line, why))),
        }
        Ok(None)
    }

    const fn refuse(&mut self, line: u64, why: PeopleError) -> Refusal {
        self.tally.refused += 1;
        (line, why)
    }
}
