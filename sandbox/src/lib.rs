//! Imitations of the providers that the worker polls. They are written from the providers' public
//! contracts and share no type with the clients, so that a mistake in one cannot hide in the other.

pub mod exchange;
pub mod stripe;
