//! Tests of the whole: see below.
