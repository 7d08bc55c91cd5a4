//! Users added, corrected, and gone.

use std::slice;

use rows::personal::Personal;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};

use super::{
    AgeStatement, Category, Disclosure, NewDisclosure, People, PeopleError, Person, PersonForm, PersonStatus,
    age,
    audit::{Action, Deed},
    consent,
    form::check_source,
    keys::key_name,
    person::PERSONAL_COLUMNS,
    read::cell,
};
use crate::{
    StoreError,
    cipher::{DataKey, SealError},
    convert::utc,
    sql::Sql,
};

/// Why somebody who was corrected is erased or withdrawn: too young.
const AGE_CHECK: &str = "age check";
/// Random bytes in a user's id.
const ID_BYTES: usize = 16;

impl People {
    /// Adds a user; answers the id here. Who is refused leaves nothing.
    pub async fn add(&self, tenant: &str, form: PersonForm) -> Result<String, PeopleError> {
        let person = self.newcomer(tenant, form).await?;
        self.add_newcomer(&person).await?;
        Ok(person.id)
    }

    /// Adds one who was free to be added when it was last looked.
    pub(super) async fn add_newcomer(&self, person: &Person) -> Result<(), PeopleError> {
        match self.add_all(slice::from_ref(person)).await {
            Err(error) if error.is_taken() => Err(self.taken_meanwhile(person, error).await),
            added => Ok(added?),
        }
    }

    /// Somebody else was faster: whose the id at the tenant is now, as far as that shows.
    async fn taken_meanwhile(&self, person: &Person, error: StoreError) -> PeopleError {
        match self.refuse_taken(person).await {
            Ok(()) => error.into(),
            Err(refusal) => refusal,
        }
    }

    /// Who this form is about, if that is somebody who may be added.
    pub(super) async fn newcomer(&self, tenant: &str, form: PersonForm) -> Result<Person, PeopleError> {
        let now = self.store.clock.0.now();
        let mut person = Person {
            id: new_id()?,
            tenant: tenant.to_owned(),
            external_id: None,
            name: None,
            email: None,
            account: None,
            birth_date: None,
            age_statement: None,
            status: PersonStatus::Active,
            created_at: now,
            updated_at: now,
        };
        form.over(&mut person);
        self.check_age(&person).await?;
        self.refuse_taken(&person).await?;
        Ok(person)
    }

    /// Adds these, all of them or none: a commit in each database is what a user costs.
    pub(super) async fn add_all(&self, people: &[Person]) -> Result<(), StoreError> {
        if people.is_empty() {
            return Ok(());
        }
        // The digests first: a key store that is not the database's own is noticed before a key is made in it.
        let mut digests = Vec::with_capacity(people.len());
        for person in people {
            digests.push(self.digest_of(person).await?);
        }
        let names: Vec<String> = people.iter().map(|person| key_name(&person.id)).collect();
        // The keys before the rows: whoever is killed in between leaves keys of nobody, never a row that opens no more. Noted is
        // when they are made: of many who are imported the first may have waited for long.
        let (now, database) = (self.store.clock.0.now(), self.noted_for());
        let keys = self.keys.make_all(&self.keyring, &names, database.as_deref(), now).await?;
        let added = self.insert_all(people, digests, &keys).await;
        // What this leaves behind the next purge finds.
        let _ = match &added {
            Ok(()) if database.is_some() => self.keys.forget_begun(&names).await,
            Ok(()) => Ok(()),
            Err(_) => self.keys.unmake(&names).await,
        };
        added
    }

    async fn insert_all(
        &self,
        people: &[Person],
        digests: Vec<Option<Vec<u8>>>,
        keys: &[DataKey],
    ) -> Result<(), StoreError> {
        let tx = self.store.pools.begin().await?;
        for ((person, digest), key) in people.iter().zip(digests).zip(keys) {
            let mut sql = Sql::new(
                self.backend(),
                "INSERT INTO users (id, tenant, external_id, age_statement, status, created_at, updated_at, email_hmac, \
                 key_id, name, email, account, birth_date) VALUES (",
            )
            .bind(person.id.as_str())
            .text(", ")
            .bind(person.tenant.as_str())
            .text(", ")
            .bind(person.external_id.clone())
            .text(", ")
            .bind(person.age_statement.map(AgeStatement::as_str))
            .text(", ")
            .bind(person.status.as_str())
            .text(", ")
            .bind(utc(person.created_at))
            .text(", ")
            .bind(utc(person.updated_at))
            .text(", ")
            .bind(digest)
            .text(", ")
            .bind(key.id());
            for value in sealed(key, person)? {
                sql = sql.text(", ").bind(value);
            }
            tx.execute_raw(sql.text(")").done()).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Corrects a user, and adds that to the audit log. Answers whom to tell of it, which is recorded with the correction; nothing
    /// where nothing is different now: that leaves no trace. Who turns out to be too young is erased, or withdrawn while a legal hold lasts, and the error says so.
    pub async fn rectify(
        &self,
        tenant: &str,
        id: &str,
        form: PersonForm,
        actor: &str,
        standing: &[NewDisclosure<'_>],
    ) -> Result<Option<Vec<Disclosure>>, PeopleError> {
        let tx = self.store.pools.begin().await?;
        let before = self.show_locked(&tx, tenant, id).await?;
        if before.status == PersonStatus::Erased {
            return Err(PeopleError::Refused(format!(
                "user {id} is erased: a person who comes anew is a new user"
            )));
        }
        let mut person = before.clone();
        form.over(&mut person);
        // Whoever was found to be too young is due for erasure: no later statement undoes that.
        if before.age_statement == Some(AgeStatement::Under13) {
            person.age_statement = before.age_statement;
        }
        match self.check_age(&person).await {
            Ok(()) => {}
            Err(PeopleError::UnderAge) => {
                return Err(self.found_under_age(tx, &before, actor, standing).await?);
            }
            Err(error) => return Err(error),
        }
        if before == person {
            tx.rollback().await?;
            return Ok(None);
        }
        if before.external_id != person.external_id {
            self.refuse_taken(&person).await?;
        }
        let key = self.data_key(id).await?;
        let mut sql = Sql::new(self.backend(), "UPDATE users SET external_id = ")
            .bind(person.external_id.clone())
            .text(", age_statement = ")
            .bind(person.age_statement.map(AgeStatement::as_str))
            .text(", email_hmac = ")
            .bind(self.digest_of(&person).await?)
            .text(", updated_at = ")
            .bind(utc(self.store.clock.0.now()));
        for (column, value) in PERSONAL_COLUMNS.into_iter().zip(sealed(&key, &person)?) {
            sql = sql.text(&format!(", {column} = ")).bind(value);
        }
        if let Err(error) = tx.execute_raw(sql.text(" WHERE id = ").bind(id).done()).await {
            tx.rollback().await?;
            let error = StoreError::from(error);
            return Err(if error.is_taken() {
                self.taken_meanwhile(&person, error).await
            } else {
                error.into()
            });
        }
        let to_tell = self.notices(&tx, tenant, id, Some(Category::Identity), standing).await?;
        tx.commit().await?;
        self.note_of(&person, actor, Action::Rectify, "").await?;
        Ok(Some(to_tell))
    }

    /// Erases who is too young. While a legal hold lasts nothing is erased, but nobody is served either: then the user is
    /// withdrawn, and due for erasure as soon as the hold ends. Answers what is to be told.
    async fn found_under_age(
        &self,
        tx: DatabaseTransaction,
        person: &Person,
        actor: &str,
        standing: &[NewDisclosure<'_>],
    ) -> Result<PeopleError, PeopleError> {
        let Person { id, tenant, .. } = person;
        if self.lasting(&tx, id).await?.is_none() {
            tx.rollback().await?;
            self.note_of(person, actor, Action::Rectify, AGE_CHECK).await?;
            Box::pin(self.erase(tenant, id, actor, standing)).await?;
            return Ok(PeopleError::FoundUnderAge(id.clone()));
        }
        let leaves = person.status == PersonStatus::Active;
        let is_news = leaves || person.age_statement != Some(AgeStatement::Under13);
        if leaves {
            consent::take_all_back(&tx, id, AGE_CHECK, self.store.clock.0.now()).await?;
            self.set_status(&tx, id, PersonStatus::Withdrawn).await?;
        }
        let young = Sql::new(self.backend(), "UPDATE users SET age_statement = ")
            .bind(AgeStatement::Under13.as_str())
            .text(" WHERE id = ")
            .bind(id.as_str());
        tx.execute_raw(young.done()).await?;
        tx.commit().await?;
        if is_news {
            self.note_of(person, actor, Action::Rectify, AGE_CHECK).await?;
        }
        if leaves {
            self.note_of(person, actor, Action::Withdraw, AGE_CHECK).await?;
        }
        Ok(PeopleError::HeldUnderAge(id.clone()))
    }

    async fn note_of(
        &self,
        person: &Person,
        actor: &str,
        action: Action,
        detail: &str,
    ) -> Result<(), PeopleError> {
        let (tenant, user) = (Some(&*person.tenant), Some(&*person.id));
        self.note(&Deed { actor, action, tenant, user, detail: detail.to_owned() }).await
    }

    /// The person leaves: every consent is taken back, and nothing rests on one any more. What is stored stays.
    pub async fn withdraw(&self, tenant: &str, id: &str, source: &str) -> Result<(), PeopleError> {
        check_source(source)?;
        let now = self.store.clock.0.now();
        let tx = self.store.pools.begin().await?;
        let person = self.show_locked(&tx, tenant, id).await?;
        if person.status == PersonStatus::Active {
            consent::take_all_back(&tx, id, source, now).await?;
            self.set_status(&tx, id, PersonStatus::Withdrawn).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    pub(super) async fn set_status(
        &self,
        tx: &DatabaseTransaction,
        id: &str,
        status: PersonStatus,
    ) -> Result<(), DbErr> {
        let statement = Sql::new(self.backend(), "UPDATE users SET status = ")
            .bind(status.as_str())
            .text(", updated_at = ")
            .bind(utc(self.store.clock.0.now()))
            .text(" WHERE id = ")
            .bind(id);
        tx.execute_raw(statement.done()).await.map(drop)
    }

    async fn check_age(&self, person: &Person) -> Result<(), PeopleError> {
        let zone = self.time_zone(&person.tenant).await?;
        let today = age::today(self.store.clock.0.now(), zone.as_deref())?;
        age::check(person.birth_date.map(super::BirthDate::reveal), person.age_statement, today)
    }

    async fn refuse_taken(&self, person: &Person) -> Result<(), PeopleError> {
        let Some(external_id) = &person.external_id else { return Ok(()) };
        match self.find_external(&person.tenant, external_id).await? {
            Some(id) if id != person.id => Err(PeopleError::Refused(format!(
                "the tenant has a user with this external_id, {id}: `dynamoi users rectify {id}` corrects it; nothing was \
                 stored"
            ))),
            _ => Ok(()),
        }
    }

    async fn digest_of(&self, person: &Person) -> Result<Option<Vec<u8>>, StoreError> {
        match &person.email {
            Some(email) => self.email_digest(&person.tenant, email.reveal()).await.map(Some),
            // All the same the key is there from the first user on.
            None => self.digests().await.map(|_| None),
        }
    }
}

/// Every personal value under the person's key.
fn sealed(key: &DataKey, person: &Person) -> Result<[Option<Vec<u8>>; 4], StoreError> {
    let mut sealed: [Option<Vec<u8>>; 4] = Default::default();
    let row = [person.id.as_str()];
    for ((place, column), value) in sealed.iter_mut().zip(PERSONAL_COLUMNS).zip(person.personal()) {
        let seal = |value: &Personal| key.seal_cell(cell(&row, column), value.reveal().as_bytes());
        *place = value.as_ref().map(seal).transpose()?;
    }
    Ok(sealed)
}

fn new_id() -> Result<String, StoreError> {
    use ring::rand::{SecureRandom, SystemRandom};
    let mut bytes = [0_u8; ID_BYTES];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SealError)?;
    let digits = u128::from_be_bytes(bytes);
    Ok(format!("usr_{digits:032x}"))
}
