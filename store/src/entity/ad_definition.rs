//! What the numbers of a fact mean; `""` = not said.

use rows::key::Fingerprint;
use sea_orm::entity::prelude::*;

use crate::{dimension::Dimension, upsert::Stored};

#[sea_orm::model]
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ad_definitions")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub currency: String,
    pub conversion_definition: String,
    pub view_definition: String,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Entity {
    const REVISED: bool = false;

    fn keys() -> Vec<Column> {
        vec![Column::Currency, Column::ConversionDefinition, Column::ViewDefinition]
    }

    fn values() -> Vec<Column> {
        vec![]
    }
}

impl Dimension for Entity {
    fn id(model: &Model) -> i64 {
        model.id
    }

    fn fingerprint(model: &Model) -> Fingerprint {
        let Model { currency, conversion_definition, view_definition, .. } = model;
        fingerprint_of(currency, Some(conversion_definition), Some(view_definition))
    }
}

/// The fingerprint without making the model.
pub fn fingerprint_of(currency: &str, conversion: Option<&str>, view: Option<&str>) -> Fingerprint {
    Fingerprint::of(&["definition", currency, conversion.unwrap_or_default(), view.unwrap_or_default()])
}

impl Model {
    /// Without an id yet.
    pub fn of(currency: rows::Currency, conversion: Option<&str>, view: Option<&str>) -> Self {
        Self {
            id: 0,
            currency: currency.into(),
            conversion_definition: conversion.unwrap_or_default().to_owned(),
            view_definition: view.unwrap_or_default().to_owned(),
        }
    }
}
