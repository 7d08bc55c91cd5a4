//! What one source says about whom a customer's bills go to; personal columns sealed.

use sea_orm::entity::prelude::*;

use crate::upsert::Stored;

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "billing_profile_rows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub source: String,
    pub source_id: String,
    pub as_of: i64,
    pub name: Option<Vec<u8>>,
    pub email: Option<Vec<u8>>,
    pub address_line1: Option<Vec<u8>>,
    pub address_line2: Option<Vec<u8>>,
    pub address_city: Option<Vec<u8>>,
    pub address_state: Option<Vec<u8>>,
    pub address_postal_code: Option<Vec<u8>>,
    pub address_country: Option<Vec<u8>>,
    pub card_brand: Option<Vec<u8>>,
    pub card_last4: Option<Vec<u8>>,
    pub card_exp_month: Option<Vec<u8>>,
    pub card_exp_year: Option<Vec<u8>>,
    pub has_address: bool,
    pub has_card: bool,
    pub hmac: Vec<u8>,
    pub key_id: String,
    pub revision: i32,
    pub observed_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {
    // Its values are sealed, each time differently; `hmac` tells whether they changed.
    const DIGESTED: bool = false;
}

impl Model {
    /// The personal columns, in the order of [`rows::personal::PERSONAL_COLUMNS`].
    pub fn personal(&self) -> [Option<&[u8]>; 12] {
        [
            &self.name,
            &self.email,
            &self.address_line1,
            &self.address_line2,
            &self.address_city,
            &self.address_state,
            &self.address_postal_code,
            &self.address_country,
            &self.card_brand,
            &self.card_last4,
            &self.card_exp_month,
            &self.card_exp_year,
        ]
        .map(Option::as_deref)
    }

    /// Sets the personal columns, in the order of [`rows::personal::PERSONAL_COLUMNS`].
    pub fn set_personal(&mut self, sealed: [Option<Vec<u8>>; 12]) {
        let places = [
            &mut self.name,
            &mut self.email,
            &mut self.address_line1,
            &mut self.address_line2,
            &mut self.address_city,
            &mut self.address_state,
            &mut self.address_postal_code,
            &mut self.address_country,
            &mut self.card_brand,
            &mut self.card_last4,
            &mut self.card_exp_month,
            &mut self.card_exp_year,
        ];
        for (place, sealed) in places.into_iter().zip(sealed) {
            *place = sealed;
        }
    }
}
