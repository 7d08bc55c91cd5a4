//! Providers that say what cannot be meant: about waiting, about time, and about what comes next.

mod holes;
mod pages;
mod past;
mod words;
